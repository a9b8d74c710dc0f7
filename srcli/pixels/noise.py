"""White Gaussian noise."""

from __future__ import annotations

import torch
from torch import Tensor

from srcli.pixels.levels import to_levels


def add_noise(image: Tensor, deviation: float, seed: int) -> Tensor:
    """Add white Gaussian noise to a uint8 picture of any shape; ``deviation`` of 1 is white.

    The sum is clipped and rounded to 8 bits.
    """
    generator = torch.Generator().manual_seed(seed)
    noise = torch.randn(image.shape, generator=generator) * deviation
    return to_levels(image / 255 + noise, torch.uint8)
