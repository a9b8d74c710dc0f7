"""How much a picture was blurred, seen from how fast its details fade."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from srcli.pipeline.piecewise import piecewise_linear

FINE, MIDDLE = (1, -3, 3, -1), (1, 0, -2, 0, 1)
"""Filters of details of two to three pixels, and of details of four. What they make of levels fits
int16."""
BLOCK = 64
"""Side of the blocks that are looked at, in pixels."""
FAINTEST = 4.0
"""Variance of the middle details, in squared levels, from which a block is looked at."""
SHARPEST = 4
"""One in so many of these blocks is counted, the sharpest ones: the others may be out of focus."""
ROUNDING = 1 / 12
"""Variance of what rounding to levels changes."""
MOST_NOISE = 0.5
"""Share of noise in fine details above which a block tells nothing."""
FADED = (
    *((1.2, 0.0), (1.65, 0.5), (2.05, 0.6), (2.7, 0.8)),
    *((3.15, 1.0), (3.5, 1.2), (3.9, 1.5)),
)
"""How much weaker fine details are than middle ones, as a natural logarithm of their variances,
and the blur of which this is the median, of photographs that were reduced by two and by four."""


def blur_and_detail(luma: Tensor, noise: float) -> tuple[float, float]:
    """Return how much a picture was blurred, and how strong its details are.

    The details of a photograph fade with their frequency at much the same rate in all of them,
    and those of a blurred one much faster.

    Args:
        luma: int16 (N, h, w), windows of the picture.
        noise: standard deviation of its noise, in levels. It is taken off the variances.

    Returns:
        The standard deviation of the Gaussian that blurred it, in pixels, 0 to 1.5; what is below
        0.55 may be a sharp picture of soft things. And the root mean square of details of four
        pixels, in levels.

    """
    floor = noise * noise + ROUNDING
    blocks = _blocks(luma)
    fine, middle = (_variance(blocks, kernel) - floor for kernel in (FINE, MIDDLE))
    detail = math.sqrt(max(float(middle.mean()), 0.0))
    seen = (middle >= FAINTEST) & (fine * MOST_NOISE >= floor * (1 - MOST_NOISE))
    if not bool(seen.any()):
        return 0.0, detail
    shares = (fine / middle)[seen].sort(descending=True).values
    count = -(-len(shares) // SHARPEST)
    share = float(shares[:count].sum()) / count
    return round(piecewise_linear(FADED, -math.log(share)), 2), detail


def _blocks(luma: Tensor) -> Tensor:
    """Cut windows (N, h, w) into blocks (M, 64, 64); smaller ones stay as they are."""
    rows, columns = luma.shape[1] // BLOCK, luma.shape[2] // BLOCK
    if rows == 0 or columns == 0:
        return luma
    whole = luma[:, : rows * BLOCK, : columns * BLOCK]
    cut = whole.reshape(-1, rows, BLOCK, columns, BLOCK).transpose(2, 3)
    return cut.reshape(-1, BLOCK, BLOCK)


def _variance(luma: Tensor, kernel: tuple[int, ...]) -> Tensor:
    """Return the mean square of a filter along rows and columns, per window: float64 (N).

    White noise of variance 1 gives 1.
    """
    energy, count = torch.zeros(len(luma), dtype=torch.int64), 0
    for axis in (2, 1):
        width = luma.shape[axis] - len(kernel) + 1
        change = torch.zeros_like(luma.narrow(axis, 0, width))
        for place, factor in enumerate(kernel):
            if factor:
                change.add_(luma.narrow(axis, place, width), alpha=factor)
        wide = change.int()
        energy += (wide * wide).flatten(1).sum(1)
        count += change[0].numel()
    return energy.double() / (count * sum(factor * factor for factor in kernel))
