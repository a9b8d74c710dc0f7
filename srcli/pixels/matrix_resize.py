"""MATLAB's bicubic resizing as two products with matrices, which suits a GPU.

The sums are those of :mod:`srcli.pixels.resize` in another order, so they differ by rounding. A
few 8-bit levels in a million differ by one, where a sum lies at a half.
"""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor

from srcli.pixels.region import Region
from srcli.pixels.resize import axis_taps, whole_levels


@cache
def tap_matrix(in_size: int, out_size: int, device: torch.device, dtype: torch.dtype) -> Tensor:
    """Return the matrix (out_size, in_size) that resizes an axis; it is cached for good."""
    taps = axis_taps(in_size, out_size)
    matrix = torch.zeros(out_size, in_size, dtype=torch.float64)
    return matrix.scatter_add_(1, taps.index, taps.weight).to(device, dtype)


def resize_by_matrices(image: Tensor, side: int, *, region: Region | None = None) -> Tensor:
    """Resize squares.

    Args:
        image: (B, C, P, P), floating point.
        side: side of the whole result.
        region: window of the result to compute. Default: all of it.

    Returns:
        (B, C, region height, region width) of the same dtype, not clamped.

    """
    matrix = tap_matrix(image.shape[3], side, image.device, image.dtype)
    region = region or Region.whole((side, side))
    rows = matrix[region.top : region.bottom] @ image
    return rows @ matrix[region.left : region.right].T


def resize_uint8_by_matrices(image: Tensor, side: int) -> Tensor:
    """Resize squares of 8-bit samples: (B, C, P, P) to (B, C, side, side), both uint8."""
    if image.shape[3] == side:
        return image
    matrix = tap_matrix(image.shape[3], side, image.device, torch.float64)
    rows = whole_levels(matrix @ image.double())
    return whole_levels(rows.double() @ matrix.T)
