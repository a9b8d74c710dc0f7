"""Colour as the super-resolution benchmarks count it."""

from __future__ import annotations

import torch
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
    weights = torch.tensor(LUMA_WEIGHTS, dtype=image.dtype, device=image.device)
    return (image * weights.view(1, 3, 1, 1)).sum(1, keepdim=True) + LUMA_OFFSET


def quantize(image: Tensor) -> Tensor:
    """Clamp to [0, 1] and round to the 256 levels of 8 bits, halves up; same dtype."""
    return image.clamp(0, 1).mul_(255).add_(0.5).floor_().div_(255)
