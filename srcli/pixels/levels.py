"""Samples as files hold them, whole levels, and as networks see them, numbers in [0, 1]."""

from __future__ import annotations

import torch
from torch import Tensor

PEAKS = {torch.uint8: 255, torch.uint16: 65_535}
"""The level that stands for one. Tensors of any other type hold numbers in [0, 1]."""


def from_levels(image: Tensor) -> Tensor:
    """Return levels as float32 in [0, 1]; floating point comes back as it is."""
    peak = PEAKS.get(image.dtype)
    if peak is None:
        return image
    return image.to(torch.float32, memory_format=torch.contiguous_format).div_(peak)


def to_levels(image: Tensor, dtype: torch.dtype) -> Tensor:
    """Clamp to [0, 1] and round to the levels of ``dtype``, halves up.

    Args:
        image: any shape, floating point, or levels already.
        dtype: uint8 or uint16; floating point is clamped only.

    """
    if image.dtype == dtype and dtype in PEAKS:
        return image
    image, peak = from_levels(image), PEAKS.get(dtype)
    return image.clamp(0, 1) if peak is None else rounded(image, peak).to(dtype)


def rounded(image: Tensor, peak: int) -> Tensor:
    """Clamp to [0, 1] and round to whole levels up to ``peak``, halves up; same dtype."""
    return image.clamp(0, 1).mul_(peak).add_(0.5).floor_()
