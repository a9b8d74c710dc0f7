"""Arrays of samples, as decoders and encoders have them, to and from tensors.

Samples are (H, W, C), C = 1 grey, 2 grey and alpha, 3 RGB, 4 RGB and alpha; uint8, uint16 or
float32 in [0, 1]. Nothing here makes a second copy of a whole picture.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from srcli.images.formats import Bits
from srcli.images.photo import SIDES_SWAPPED, Metadata, Photo

Samples = NDArray[Any]

GRAY_ALPHA = 2
RGB = 3
RGB_ALPHA = 4

_PEAK: dict[Bits, int] = {8: 255, 16: 65_535, 32: 1}
_DTYPE: dict[Bits, type] = {8: np.uint8, 16: np.uint16, 32: np.float32}


def has_alpha(samples: Samples) -> bool:
    """Whether the last channel is opacity."""
    return samples.shape[2] in {GRAY_ALPHA, RGB_ALPHA}


def depth(samples: Samples) -> Bits:
    """Bits per sample."""
    return next(bits for bits, dtype in _DTYPE.items() if samples.dtype == dtype)


def to_photo(samples: Samples, metadata: Metadata, *, source_format: str) -> Photo:
    """Scale samples to [0, 1]."""
    height, width, channels = samples.shape
    bits = depth(samples)
    gray = channels <= GRAY_ALPHA

    def fill(plane: Tensor, channel: int) -> None:
        out = plane.numpy()
        np.divide(samples[..., channel], np.float32(_PEAK[bits]), out=out, dtype=np.float32)

    pixels = torch.empty(1, 3, height, width)
    for channel in range(3):
        fill(pixels[0, channel], 0 if gray else channel)
    alpha = None
    if has_alpha(samples):
        alpha = torch.empty(1, 1, height, width)
        fill(alpha[0, 0], channels - 1)
    return Photo(
        pixels=pixels,
        alpha=alpha,
        gray=gray,
        bits=bits,
        metadata=metadata,
        source_format=source_format,
    )


def from_photo(photo: Photo, *, bits: Bits) -> Samples:
    """Clamp to [0, 1] and round to ``bits`` per sample, halves up; 32 bits are not rounded.

    Raises:
        ValueError: if a sample is not finite.

    """
    planes = list(photo.pixels[0, : 1 if photo.gray else 3])
    if photo.alpha is not None:
        planes.append(photo.alpha[0, 0])
    samples: Samples = np.empty((photo.height, photo.width, len(planes)), _DTYPE[bits])
    for channel, plane in enumerate(planes):
        if not torch.isfinite(plane).all():
            msg = "a picture with samples that are not finite cannot be written"
            raise ValueError(msg)
        level = plane.detach().to("cpu", torch.float32).clamp(0, 1)
        if bits != 32:  # noqa: PLR2004 - floating point
            level.mul_(_PEAK[bits]).add_(0.5).floor_()
        samples[..., channel] = level.numpy()
    return samples


def turn_upright(samples: Samples, orientation: int) -> Samples:
    """Undo an orientation 1 to 8 (TIFF 6.0, tag 274); a view of the same samples."""
    if orientation in SIDES_SWAPPED:
        samples = samples.swapaxes(0, 1)
    if orientation in {3, 4, 7, 8}:
        samples = samples[::-1]
    if orientation in {2, 3, 6, 7}:
        samples = samples[:, ::-1]
    return samples
