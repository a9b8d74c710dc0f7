"""Check that a tensor is what every package below ``images`` expects."""

from __future__ import annotations

import math

from torch import Tensor

from srcli.pixels.levels import PEAKS

RANK = 4


def check_image(image: Tensor) -> None:
    """Refuse a tensor that is not an RGB batch (B, 3, H, W) of numbers or levels.

    The range of the values is not checked.

    Raises:
        ValueError: the tensor has another shape or type, or an empty side.

    """
    if image.ndim != RANK or image.shape[1] != 3 or 0 in image.shape:  # noqa: PLR2004 - RGB
        msg = f"expected an RGB batch (B, 3, H, W), got {tuple(image.shape)}"
        raise ValueError(msg)
    if not image.is_floating_point() and image.dtype not in PEAKS:
        msg = f"expected floating point in [0, 1], uint8 or uint16, got {image.dtype}"
        raise ValueError(msg)


def is_finite(samples: Tensor) -> bool:
    """Tell whether all samples are numbers: one that is not spoils their sum."""
    return math.isfinite(samples.sum().item())
