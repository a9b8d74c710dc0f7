"""Luma and rounding, as in the benchmarks of super-resolution."""

from __future__ import annotations

import torch
from torch import Tensor

from srcli.pixels.levels import PEAKS, rounded

EIGHT_BITS = PEAKS[torch.uint8]
"""Largest level of the pictures that benchmarks compare."""
LUMA_OFFSET = 16.0
LUMA_WEIGHTS = (65.481, 128.553, 24.966)


def luma(image: Tensor, *, peak: float = 1.0) -> Tensor:
    """Return BT.601 studio luma as MATLAB's ``rgb2ycbcr`` does, but not rounded.

    Args:
        image: RGB (B, 3, H, W), floating point.
        peak: value of full intensity.

    Returns:
        (B, 1, H, W) of the same dtype, in [16, 235].

    """
    red, green, blue = image[:, 0:1], image[:, 1:2], image[:, 2:3]
    of_red, of_green, of_blue = (weight / peak for weight in LUMA_WEIGHTS)
    return (red * of_red).add_(green, alpha=of_green).add_(blue, alpha=of_blue).add_(LUMA_OFFSET)


def quantize(image: Tensor) -> Tensor:
    """Clamp to [0, 1] and round half up to the 256 levels of 8 bits, in the same dtype."""
    return rounded(image, EIGHT_BITS).div_(EIGHT_BITS)
