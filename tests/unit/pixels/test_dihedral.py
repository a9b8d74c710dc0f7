from __future__ import annotations

import pytest
import torch

from srcli.pixels.dihedral import SYMMETRIES, Symmetry

IMAGE = torch.arange(2 * 3 * 4 * 5).view(2, 3, 4, 5)
EACH = pytest.mark.parametrize("symmetry", SYMMETRIES, ids=str)


@EACH
def test_inverting_undoes(symmetry: Symmetry) -> None:
    assert torch.equal(symmetry.invert(symmetry.apply(IMAGE)), IMAGE)
    other = IMAGE.transpose(-2, -1) if symmetry.transpose else IMAGE
    assert torch.equal(symmetry.apply(symmetry.invert(other)), other)


@EACH
def test_a_transposition_swaps_height_and_width(symmetry: Symmetry) -> None:
    expected = (5, 4) if symmetry.transpose else (4, 5)
    assert symmetry.apply(IMAGE).shape[-2:] == expected


def test_the_eight_symmetries_differ() -> None:
    square = torch.arange(9).view(3, 3)
    assert len({tuple(s.apply(square).flatten().tolist()) for s in SYMMETRIES}) == 8


def test_the_identity_comes_first() -> None:
    assert torch.equal(SYMMETRIES[0].apply(IMAGE), IMAGE)


def test_mirroring_comes_before_transposing() -> None:
    corner = torch.tensor([[1, 2], [3, 4]])
    turn = Symmetry(flip_rows=True, flip_columns=False, transpose=True)
    assert turn.apply(corner).tolist() == [[3, 1], [4, 2]]
