"""The eight-fold self-ensemble of Timofte et al. (CVPR 2016) and EDSR."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from srcli.pixels.dihedral import SYMMETRIES

Run = Callable[[Tensor], Tensor]
"""Enlarges or restores a tile (B, 3, H, W)."""


def ensembled(run: Run) -> Run:
    """Return ``run`` averaged over the eight symmetries of the square."""

    def mean_of_eight(tile: Tensor) -> Tensor:
        total = run(tile.clone())
        for symmetry in SYMMETRIES[1:]:
            total += symmetry.invert(run(symmetry.apply(tile)))
        return total.div_(len(SYMMETRIES))

    return mean_of_eight
