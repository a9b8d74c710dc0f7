"""Convert samples between the whole levels of files and the numbers in [0, 1] of networks."""

from __future__ import annotations

import torch
from torch import Tensor

PEAKS = {torch.uint8: 255, torch.uint16: 65_535}
"""Level of the number 1, by data type. Tensors of other types hold numbers in [0, 1]."""


def from_levels(image: Tensor) -> Tensor:
    """Return levels as float32 in [0, 1], and floating point as it is."""
    peak = PEAKS.get(image.dtype)
    if peak is None:
        return image
    return image.to(torch.float32, memory_format=torch.contiguous_format).div_(peak)


def to_levels(image: Tensor, dtype: torch.dtype) -> Tensor:
    """Clamp to [0, 1] and round half up to the levels of ``dtype``.

    Args:
        image: tensor of any shape, floating point or levels.
        dtype: uint8 or uint16. For a floating-point type, the image is only clamped.

    """
    if image.dtype == dtype and dtype in PEAKS:
        return image
    image, peak = from_levels(image), PEAKS.get(dtype)
    return image.clamp(0, 1) if peak is None else rounded(image, peak).to(dtype)


def rounded(image: Tensor, peak: int) -> Tensor:
    """Clamp to [0, 1] and round half up to whole levels up to ``peak``, in the same dtype."""
    return image.clamp(0, 1).mul_(peak).add_(0.5).floor_()
