"""The tensor contract below ``images``, checked once on entry."""

from __future__ import annotations

from torch import Tensor

from srcli.pixels.levels import PEAKS

RANK = 4


def check_image(image: Tensor) -> None:
    """Refuse anything but an RGB batch (B, 3, H, W) of numbers or levels, with no empty side.

    Raises:
        ValueError: saying what came instead. The values' range, [0, 1], is not searched.

    """
    if image.ndim != RANK or image.shape[1] != 3 or 0 in image.shape:  # noqa: PLR2004 - RGB
        msg = f"expected an RGB batch (B, 3, H, W), got {tuple(image.shape)}"
        raise ValueError(msg)
    if not image.is_floating_point() and image.dtype not in PEAKS:
        msg = f"expected floating point in [0, 1], uint8 or uint16, got {image.dtype}"
        raise ValueError(msg)
