"""How noisy a picture is.

Source: Immerkaer, "Fast noise variance estimation", CVIU 64(2), 1996: the difference of two
Laplacians answers to noise and hardly to structure. Taken over blocks, of which the calmest tenth
counts; and once more on the picture halved by boxes, where white noise is half as strong and the
texture of photographs is not.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from srcli.pipeline.laplacians import GAIN, difference_of_laplacians, doubled_half

BLOCK = 8
CALM = 10
"""Of so many blocks, one is as calm as the block that is measured, or calmer."""
CALMNESS = 1.22
"""The mean of all blocks of white noise divided by the calmest tenth of them."""
TEXTURE = 2.0
"""How much more energy texture has at half the size, at the least."""
WINDOWS = 8
"""The largest number of windows that noise is measured in."""
FEWEST = 8
"""The least number of blocks that noise is measured from."""


def noise_level(colors: Tensor) -> float:
    """Return the standard deviation of white noise, in levels of 255, of the middle channel.

    Args:
        colors: int16 (N, C, h, w), levels of 255.

    """
    colors = colors[:: max(1, len(colors) // WINDOWS)]
    full = _calm_energy(colors, peak=255)
    halved = _calm_energy(doubled_half(colors), peak=4 * 255)
    levels = [
        _white(fine, coarse / 16)  # the halved picture is four times as bright
        for fine, coarse in zip(full, halved, strict=True)
    ]
    return sorted(levels)[len(levels) // 2]


def _white(fine: float, coarse: float) -> float:
    """Part white noise, which loses three quarters of its energy when halved, from texture."""
    energy = (TEXTURE * fine - coarse) / (TEXTURE - 1 / 4)
    return CALMNESS * math.sqrt(max(energy, 0.0) / GAIN)


def _calm_energy(colors: Tensor, *, peak: int) -> list[float]:
    """Return the mean square of the difference of Laplacians in the calm blocks of each channel."""
    answer = difference_of_laplacians(colors).int()
    squares = _blocks(answer * answer)  # torch.square is slower for whole numbers
    energy = squares.sum(3, dtype=torch.int32).sum(4, dtype=torch.int32)
    inner = colors[..., 1:-1, 1:-1]
    clipped = _blocks((inner <= 0) | (inner >= peak)).sum(3).sum(4)
    found = []
    for channel in range(colors.shape[1]):
        known = _usable(energy[:, channel], clipped[:, channel])
        rank = max(1, known.numel() // CALM)
        found.append(int(known.kthvalue(rank).values) / BLOCK**2 if known.numel() else 0.0)
    return found


def _usable(energy: Tensor, clipped: Tensor) -> Tensor:
    """Return the energy of blocks that are hardly clipped, or if there are few, not wholly."""
    for most in (0, BLOCK**2 // 8):
        known = energy[clipped <= most]
        if known.numel() >= FEWEST:
            return known
    return energy[clipped <= BLOCK**2 * 3 // 4]


def _blocks(planes: Tensor) -> Tensor:
    """Cut planes (N, C, h, w) into blocks (N, C, rows, 8, columns, 8)."""
    rows, columns = planes.shape[2] // BLOCK, planes.shape[3] // BLOCK
    whole = planes[..., : rows * BLOCK, : columns * BLOCK]
    return whole.view(*planes.shape[:2], rows, BLOCK, columns, BLOCK)
