"""The small blocks: mean shift, sub-pixel enlargement, levels of the pyramid."""

from __future__ import annotations

import pytest
import torch

from srcli.networks.blocks.mean_shift import MeanShift
from srcli.networks.blocks.pyramid import PyramidAttention, level_side
from srcli.networks.blocks.upsampler import Upsampler


def test_a_mean_shift_takes_away_what_the_other_adds() -> None:
    picture = torch.rand(1, 3, 4, 5) * 255
    away, back = (MeanShift(sign, rgb_range=255.0) for sign in (-1, 1))
    assert away(picture)[0, 0, 0, 0] == pytest.approx(picture[0, 0, 0, 0] - 0.4488 * 255)
    torch.testing.assert_close(back(away(picture)), picture)


def test_a_mean_shift_is_trained_only_where_it_is_asked_to_be() -> None:
    assert not list(MeanShift(1, rgb_range=1.0).parameters())
    assert len(list(MeanShift(1, rgb_range=1.0, trainable=True).parameters())) == 2


@pytest.mark.parametrize("scale", [2, 3, 4, 8])
def test_an_upsampler_enlarges_by_its_scale(scale: int) -> None:
    assert Upsampler(scale, 4)(torch.rand(1, 4, 3, 2)).shape == (1, 4, 3 * scale, 2 * scale)


@pytest.mark.parametrize("scale", [0, 1, 5, 6])
def test_an_upsampler_refuses_other_scales(scale: int) -> None:
    with pytest.raises(ValueError, match=f"not {scale}"):
        Upsampler(scale, 4)


@pytest.mark.parametrize(
    ("side", "level", "expected"),
    [(90, 3, 62), (170, 3, 118), (100, 1, 90), (24, 4, 14), (21, 4, 12), (1, 4, 1), (9, 0, 9)],
)
def test_a_level_has_the_authors_rounded_side(side: int, level: int, expected: int) -> None:
    assert level_side(side, level) == expected


def test_fewer_levels_are_another_attention() -> None:
    features = torch.rand(1, 8, 10, 10)
    torch.manual_seed(0)
    five = PyramidAttention(8, reduction=2, residual_scale=1.0)
    three = PyramidAttention(8, reduction=2, residual_scale=1.0, levels=3)
    three.load_state_dict(five.state_dict())
    with torch.no_grad():
        assert not torch.allclose(five(features), three(features), atol=1e-4)
