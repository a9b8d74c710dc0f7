"""Clamp an enlarged picture to the values of its source."""

from __future__ import annotations

import torch
from torch import Tensor

from srcli.pixels.borders import mirrored, wrapped
from srcli.pixels.levels import from_levels
from srcli.pixels.region import Region
from srcli.pixels.resize import MIRRORED, Border, Borders


def local_range(
    source: Tensor, size: tuple[int, int], region: Region, borders: Borders = MIRRORED
) -> tuple[Tensor, Tensor]:
    """Return the least and the greatest of the four source samples around each output sample.

    Args:
        source: (B, C, h, w), floating point or levels.
        size: (height, width) of the whole result. Neither is smaller than that of the source.
        region: window of the result.
        borders: how the source continues outside.

    Returns:
        Two tensors (B, C, region height, region width). A value depends on its place in the whole
        result alone, so windows join without a seam.

    """
    rows = _neighbours(source.shape[2], size[0], region.top, region.bottom, borders[0])
    columns = _neighbours(source.shape[3], size[1], region.left, region.right, borders[1])
    top, bottom = int(rows.min()), int(rows.max()) + 1
    left, right = int(columns.min()), int(columns.max()) + 1
    seen = Region(top=top, bottom=bottom, left=left, right=right)
    lowest = highest = from_levels(wrapped(source, seen))
    for axis, positions in ((2, rows - top), (3, columns - left)):
        before, after = positions.to(source.device)
        lowest = torch.minimum(lowest.index_select(axis, before), lowest.index_select(axis, after))
        highest = torch.maximum(
            highest.index_select(axis, before), highest.index_select(axis, after)
        )
    return lowest, highest


def guard_range(
    window: Tensor,
    source: Tensor,
    size: tuple[int, int],
    region: Region,
    borders: Borders = MIRRORED,
) -> Tensor:
    """Clamp a window of a result to ``local_range``: flat areas stay flat, edges get no halos."""
    lowest, highest = local_range(source, size, region, borders)
    return torch.minimum(torch.maximum(window, lowest), highest)


def _neighbours(in_size: int, out_size: int, start: int, stop: int, border: Border) -> Tensor:
    """Return the two source positions (2, N) between which each output sample lies."""
    twice = 2 * torch.arange(start, stop) + 1  # position + 1/2 is twice * in_size / (2 * out_size)
    before = (twice * in_size - out_size).div(2 * out_size, rounding_mode="floor")
    both = torch.stack([before, before + 1])
    return both if border == "wrap" else mirrored(both, in_size)
