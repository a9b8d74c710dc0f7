"""A fixed sample of a picture, so that looking at it costs the same however large it is."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from srcli.images.picture.photo import Photo
from srcli.pixels.levels import to_levels

SIDE = 128
"""Side of a window in pixels, a multiple of the side of a JPEG block."""
LIMIT = 16
"""The largest number of windows, which have 0.26 megapixels together."""
GRID = 8
"""Windows start on multiples of this, so that they all see a grid of blocks alike."""
SMALLEST = 24
"""Pixels of a side below which nothing is measured."""
LUMA = (77, 150, 29)
"""Weights of red, green and blue, of 256."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sample:
    """Windows of a picture, spread evenly over it.

    Attributes:
        colors: int16 (N, C, h, w), levels of 255, C = 1 for a grey picture, else 3.
        luma: int16 (N, h, w), the same way.

    """

    colors: Tensor
    luma: Tensor


def take_sample(photo: Photo) -> Sample | None:
    """Cut windows out of a picture; those that are wholly transparent are left out.

    Returns:
        None if it is too small to be measured, or shows nothing.

    """
    size = photo.height, photo.width
    if min(size) < SMALLEST:
        return None
    rows, columns = _starts(size)
    height, width = min(SIDE, size[0]), min(SIDE, size[1])
    pixels = photo.pixels[0, : 1 if photo.gray else 3]
    windows = [
        to_levels(pixels[:, top : top + height, left : left + width], torch.uint8)
        for top in rows
        for left in columns
        if photo.alpha is None
        or bool(photo.alpha[0, 0, top : top + height, left : left + width].any())
    ]
    if not windows:
        return None
    colors = torch.stack(windows).to(torch.int16)
    return Sample(colors=colors, luma=_luma(colors))


def _luma(colors: Tensor) -> Tensor:
    if colors.shape[1] == 1:
        return colors[:, 0]
    red, green, blue = (colors[:, n].int() * weight for n, weight in enumerate(LUMA))
    return ((red + green + blue + 128) >> 8).to(torch.int16)


def _starts(size: tuple[int, int]) -> tuple[list[int], list[int]]:
    """Return the first rows and columns of the windows: as many as cover the picture, or fewer."""
    rows, columns = (-(-side // SIDE) for side in size)
    while rows * columns > LIMIT:
        rows, columns = (rows - 1, columns) if rows >= columns else (rows, columns - 1)
    return _spread(size[0], rows), _spread(size[1], columns)


def _spread(length: int, count: int) -> list[int]:
    room = max(0, length - SIDE)
    if count == 1:
        return [room // 2 // GRID * GRID]
    return [n * room // (count - 1) // GRID * GRID for n in range(count)]
