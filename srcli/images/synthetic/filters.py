"""Resizing and filtering of samples as other programs do them: Pillow's ways and OpenCV's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Kernel = Literal["bicubic", "lanczos", "box", "bilinear", "area", "plain-linear", "plain-cubic"]
"""Ways to resize. Those called plain do not widen the kernel where a picture gets smaller."""
Floats = NDArray[np.float32]
"""Samples (H, W, C), 0 to 255."""

_PILLOW: Mapping[Kernel, Image.Resampling] = {
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
    "box": Image.Resampling.BOX,
    "bilinear": Image.Resampling.BILINEAR,
}


def resample(samples: NDArray[np.uint8], size: tuple[int, int], kernel: Kernel) -> NDArray[Any]:
    """Resize RGB samples.

    Args:
        samples: uint8 (H, W, 3).
        size: (height, width) of the result.
        kernel: how.

    Returns:
        uint8 (height, width, 3); the samples themselves where the size stays.

    """
    height, width = size
    if samples.shape[:2] == size:
        return samples
    if kernel in _PILLOW:
        picture = Image.fromarray(samples)
        return np.asarray(picture.resize((width, height), _PILLOW[kernel]))
    import cv2

    ways = {"area": cv2.INTER_AREA, "plain-linear": cv2.INTER_LINEAR}
    way = ways.get(kernel, cv2.INTER_CUBIC)
    return np.asarray(cv2.resize(samples, (width, height), interpolation=way))


def convolve(samples: Floats, kernel: Floats) -> Floats:
    """Filter each channel with a kernel (K, K) of odd side; borders are mirrored."""
    import cv2

    return np.asarray(cv2.filter2D(samples, -1, kernel, borderType=cv2.BORDER_REFLECT), np.float32)
