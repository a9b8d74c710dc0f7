"""The tensor contract below ``images``, checked once on entry."""

from __future__ import annotations

from torch import Tensor

RANK = 4


def check_image(image: Tensor) -> None:
    """Refuse anything but a floating-point RGB batch (B, 3, H, W) with no empty side.

    Raises:
        ValueError: saying what came instead. The values' range, [0, 1], is not searched.

    """
    if image.ndim != RANK or image.shape[1] != 3 or 0 in image.shape:  # noqa: PLR2004 - RGB
        msg = f"expected an RGB batch (B, 3, H, W), got {tuple(image.shape)}"
        raise ValueError(msg)
    if not image.is_floating_point():
        msg = f"expected floating point in [0, 1], got {image.dtype}"
        raise ValueError(msg)
