"""Crops of pictures: where to look, and the crop as a PNG file."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from srcli.images.encode import encode_photo
from srcli.images.formats import PNG
from srcli.images.picture.photo import Photo
from srcli.pixels.color import luma, quantize
from srcli.pixels.region import Region

CROP_SIDE = 96
"""Side of a crop in pixels."""
AREA_SIDE = 480
"""Side of what a page keeps around a crop, for the reader to choose another."""


def worst_window(sr: Tensor, hr: Tensor, side: int) -> Region:
    """Find the square with the largest mean squared error of luma.

    Args:
        sr: one picture or several, RGB (B, 3, H, W) in [0, 1].
        hr: the picture that they should look like, RGB (1, 3, H, W) in [0, 1].
        side: side of the square in pixels. The window of a smaller picture is cut to its sides.

    """
    height, width = (min(side, length) for length in hr.shape[2:])
    error = (luma(sr) - luma(hr)).square().mean(0, keepdim=True)
    rows = functional.avg_pool2d(error, (height, 1), stride=1)
    means = functional.avg_pool2d(rows, (1, width), stride=1)[0, 0]
    top, left = divmod(int(torch.argmax(means)), means.shape[1])
    return Region(top=top, bottom=top + height, left=left, right=left + width)


def area_around(window: Region, size: tuple[int, int], side: int) -> Region:
    """Return the square of at most ``side`` pixels around a window, inside (height, width)."""
    top, bottom = _span(window.top, window.bottom, size[0], side)
    left, right = _span(window.left, window.right, size[1], side)
    return Region(top=top, bottom=bottom, left=left, right=right)


def _span(start: int, stop: int, length: int, side: int) -> tuple[int, int]:
    side = min(side, length)
    first = min(max(0, (start + stop - side) // 2), length - side)
    return first, first + side


def crop_png(image: Tensor, window: Region, *, name: str) -> bytes:
    """Encode a window of a picture, RGB (1, 3, H, W) in [0, 1], as a PNG file of 8 bits."""
    crop = Photo(pixels=quantize(window.of(image)).contiguous())
    return encode_photo(crop, PNG, name=name)
