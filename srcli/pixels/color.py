"""Colour as the super-resolution benchmarks count it."""

from __future__ import annotations

from torch import Tensor

LUMA_OFFSET = 16.0
LUMA_WEIGHTS = (65.481, 128.553, 24.966)


def luma(image: Tensor) -> Tensor:
    """BT.601 studio luma, MATLAB's ``rgb2ycbcr``, not rounded.

    Args:
        image: RGB (B, 3, H, W) in [0, 1].

    Returns:
        (B, 1, H, W), same dtype, in [16, 235].

    """
    red, green, blue = image[:, 0:1], image[:, 1:2], image[:, 2:3]
    of_red, of_green, of_blue = LUMA_WEIGHTS
    return (red * of_red).add_(green, alpha=of_green).add_(blue, alpha=of_blue).add_(LUMA_OFFSET)


def quantize(image: Tensor) -> Tensor:
    """Clamp to [0, 1] and round to the 256 levels of 8 bits, halves up; same dtype."""
    return image.clamp(0, 1).mul_(255).add_(0.5).floor_().div_(255)
