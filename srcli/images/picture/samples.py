"""Arrays of samples, as decoders and encoders have them, to and from tensors.

Samples are (H, W, C), C = 1 grey, 2 grey and alpha, 3 RGB, 4 RGB and alpha; uint8, uint16 or
float32 in [0, 1]. A whole picture is copied only where PyTorch cannot share its memory, which
is so if it is read-only, turned, or has its alpha elsewhere.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from srcli.files.row_file import RowFile
from srcli.images.formats import Bits
from srcli.images.picture.photo import SIDES_SWAPPED, Metadata, Photo
from srcli.pixels.levels import to_levels
from srcli.pixels.region import Region

Samples = NDArray[Any]

GRAY_ALPHA = 2
RGB = 3
RGB_ALPHA = 4

_DTYPE: dict[Bits, type] = {8: np.uint8, 16: np.uint16, 32: np.float32}
_LEVELS: dict[Bits, torch.dtype] = {8: torch.uint8, 16: torch.uint16, 32: torch.float32}


def has_alpha(samples: Samples) -> bool:
    """Tell whether the last channel is opacity."""
    return samples.shape[2] in {GRAY_ALPHA, RGB_ALPHA}


def peak(samples: Samples) -> int:
    """Return the largest level, 1 for floating point."""
    return 1 if samples.dtype.kind == "f" else int(np.iinfo(samples.dtype).max)


def divide_by_alpha(samples: Samples) -> None:
    """Undo the multiplication of the colours by alpha, in place; zero where alpha is zero.

    Args:
        samples: of any colours, and alpha as the last channel.

    """
    highest = peak(samples)
    alpha = samples[..., -1].astype(np.float64)
    scale = np.divide(highest, alpha, out=np.zeros_like(alpha), where=alpha > 0)
    for channel in range(samples.shape[2] - 1):
        color = np.minimum(samples[..., channel] * scale, highest)
        samples[..., channel] = color if highest == 1 else np.floor(color + 0.5)


def with_alpha(samples: Samples) -> Samples:
    """Integer samples as RGB and alpha (H, W, 4), opaque where they have no alpha."""
    colors = samples[..., :-1] if has_alpha(samples) else samples
    wide: Samples = np.full(
        (*samples.shape[:2], RGB_ALPHA), np.iinfo(samples.dtype).max, samples.dtype
    )
    wide[..., :RGB] = colors
    if has_alpha(samples):
        wide[..., RGB] = samples[..., -1]
    return wide


def reduced(samples: Samples, *, colored: bool) -> Samples:
    """Integer samples (H, W, 4): grey if all are and not ``colored``, without alpha if opaque."""
    gray = not colored and (samples[..., :1] == samples[..., 1:RGB]).all()
    opaque = (samples[..., RGB] == np.iinfo(samples.dtype).max).all()
    return samples[..., RGB - 1 if gray else 0 : RGB if opaque else RGB_ALPHA]


def depth(samples: Samples) -> Bits:
    """Bits per sample."""
    return next(bits for bits, dtype in _DTYPE.items() if samples.dtype == dtype)


def to_photo(samples: Samples, metadata: Metadata, *, source_format: str) -> Photo:
    """Show samples as a picture, in the same memory where PyTorch can."""
    channels = samples.shape[2]
    planes = torch.from_numpy(np.require(samples, requirements=["C", "W"])).movedim(2, 0)[None]
    gray = channels <= GRAY_ALPHA
    return Photo(
        pixels=planes[:, :1].expand(-1, RGB, -1, -1) if gray else planes[:, :RGB],
        alpha=planes[:, -1:] if has_alpha(samples) else None,
        gray=gray,
        bits=depth(samples),
        metadata=metadata,
        source_format=source_format,
    )


def from_photo(photo: Photo, *, bits: Bits) -> Samples:
    """Clamp to [0, 1] and round to ``bits`` per sample, halves up; 32 bits are not rounded.

    A picture of such levels comes back in the memory that it has, if its alpha stands there
    behind its colours.

    Raises:
        ValueError: if a sample is not finite.

    """
    colors = photo.pixels[0, : 1 if photo.gray else RGB]
    together = colors if photo.alpha is None else _beside(colors, photo.alpha[0])
    if together is not None and together.dtype == _LEVELS[bits] != torch.float32:
        return np.ascontiguousarray(together.movedim(0, 2).numpy())
    planes = [*colors] if photo.alpha is None else [*colors, photo.alpha[0, 0]]
    samples: Samples = np.empty((photo.height, photo.width, len(planes)), _DTYPE[bits])
    for channel, plane in enumerate(planes):
        if plane.is_floating_point() and not torch.isfinite(plane).all():
            msg = "a picture with samples that are not finite cannot be written"
            raise ValueError(msg)
        samples[..., channel] = to_levels(plane.detach().cpu(), _LEVELS[bits]).numpy()
    return samples


def _beside(colors: Tensor, alpha: Tensor) -> Tensor | None:
    """Return colours (C, H, W) and alpha (1, H, W) as one, if they are so in memory already."""
    count, (channel, *place) = len(colors), colors.stride()
    same = colors.untyped_storage().data_ptr() == alpha.untyped_storage().data_ptr()
    behind = alpha.storage_offset() == colors.storage_offset() + count
    if not (same and behind and [*alpha.stride()[1:]] == place and place[1] > count):
        return None
    if count > 1 and channel != 1:
        return None
    return colors.as_strided((count + 1, *colors.shape[1:]), (1, *place))


class ImageBuilder:
    """A picture of some size that is like another in all else, painted window by window.

    Samples are rounded as they come, and take a quarter or half of the memory of numbers. A
    window of one sample fills its region.

    Args:
        like: the other picture.
        size: (height, width).
        alpha: opacity (1, 1, height, width) as the picture is to have it, if the other has any.
        rows: where the samples are kept, with as many rows of ``bytes_of_row``; None for memory.

    Attributes:
        done: rows that are there already, counted from the top.

    """

    def __init__(
        self,
        like: Photo,
        size: tuple[int, int],
        alpha: Tensor | None = None,
        rows: RowFile | None = None,
    ) -> None:
        self._channels = 1 if like.gray else RGB
        shape = *size, self._channels + (alpha is not None)
        dtype = _LEVELS[like.bits]
        if rows is None:
            self._samples = torch.empty(shape, dtype=dtype)
        else:
            self._samples = torch.frombuffer(rows.memory, dtype=dtype).view(shape)
        self._like, self._rows, self._alpha = like, rows, alpha
        self.done = rows.done if rows else 0

    @staticmethod
    def bytes_of_row(like: Photo, width: int) -> int:
        """Return the bytes of a row of a picture like another."""
        channels = (1 if like.gray else RGB) + (like.alpha is not None)
        return width * channels * _LEVELS[like.bits].itemsize

    def paint(self, region: Region, window: Tensor) -> None:
        """Paint RGB (1, 3, h, w) in [0, 1], or the grey of it; opacity comes with it.

        Rows are finished with their rightmost window.
        """
        self._put(region, window if window.shape[1] == self._channels else grey_of(window), 0)
        if self._alpha is not None:
            self._put(region, region.of(self._alpha), self._channels)
        if self._rows and region.right == self._samples.shape[1]:
            self._rows.finish(region.bottom)

    def photo(self) -> Photo:
        """Return what was painted."""
        samples, like = self._samples.numpy(), self._like
        return to_photo(samples, like.metadata, source_format=like.source_format)

    def _put(self, region: Region, window: Tensor, first: int) -> None:
        channels = self._samples.movedim(2, 0)[first : first + window.shape[1]]
        region.of(channels).copy_(to_levels(window, channels.dtype)[0])


def grey_of(window: Tensor) -> Tensor:
    """Return the mean of three channels (1, 3, h, w) as one."""
    return (window[:, :1] + window[:, 1:2] + window[:, 2:]) / RGB


def widened(samples: Samples, *, bits: int) -> Samples:
    """Samples of 9 to 15 bits, in the full range of 16."""
    levels = np.arange(2**16) * (0xFFFF / (2**bits - 1))
    table = np.minimum(np.floor(levels + 0.5), 0xFFFF).astype(np.uint16)
    widest: Samples = table[samples]
    return widest


def turn_upright(samples: Samples, orientation: int) -> Samples:
    """Undo an orientation 1 to 8 (TIFF 6.0, tag 274); a view of the same samples."""
    if orientation in SIDES_SWAPPED:
        samples = samples.swapaxes(0, 1)
    if orientation in {3, 4, 7, 8}:
        samples = samples[::-1]
    if orientation in {2, 3, 6, 7}:
        samples = samples[:, ::-1]
    return samples
