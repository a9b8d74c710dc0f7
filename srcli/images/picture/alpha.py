"""Colour under transparent pixels, and opacity that does not overshoot."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

from srcli.images.picture.photo import Photo
from srcli.pixels.borders import wrapped
from srcli.pixels.levels import from_levels
from srcli.pixels.region import Region
from srcli.pixels.resize import MIRRORED, Borders

BEYOND = 32
"""Pixels on the other side of borders that meet, that are looked at as well."""


HiddenColors = Literal["bleed", "keep"]
"""What becomes of colours under pixels that are fully transparent: see ``treat_hidden``."""


def treat_hidden(photo: Photo, hidden: HiddenColors, borders: Borders = MIRRORED) -> Photo:
    """Make a photo ready to be enlarged.

    Args:
        photo: with or without alpha.
        hidden: ``bleed`` spreads the visible colours into fully transparent pixels, for pictures
            that are shown; ``keep`` leaves the colours there as they are, for textures and masks
            whose alpha is no opacity.
        borders: which of them meet.

    """
    return photo if hidden == "keep" else bleed(photo, borders)


def bleed(photo: Photo, borders: Borders = MIRRORED) -> Photo:
    """Spread the visible colours into fully transparent pixels.

    What a file stores there is arbitrary, often black, and a network would draw it into the
    visible edge as a fringe. Every hole takes the mean of its nearest visible surroundings,
    found on a pyramid: colours are averaged over the visible pixels of 2x2 blocks until no
    hole is left, and the holes of each level are filled from the smoothly enlarged level
    above (pull-push: Gortler et al., The Lumigraph, SIGGRAPH 1996, section 3.4).

    Args:
        photo: with or without alpha.
        borders: which of them meet.

    Returns:
        The same photo if nothing in it, or everything in it, is fully transparent; otherwise
        one with new pixels, equal to the old wherever alpha is above zero.

    """
    if photo.alpha is None:
        return photo
    visible = from_levels(photo.alpha) > 0
    if visible.all() or not visible.any():
        return photo
    rows, columns = (BEYOND if border == "wrap" else 0 for border in borders)
    own = Region.whole((photo.height, photo.width)).seen_from(-rows, -columns)
    seen = Region(top=-rows, bottom=own.bottom, left=-columns, right=own.right)
    filled = _fill(from_levels(wrapped(photo.pixels, seen)), wrapped(visible, seen))
    return replace(photo, pixels=own.of(filled).contiguous())


def within_neighbours(
    source: Tensor, size: tuple[int, int], borders: Borders = MIRRORED
) -> Callable[[Region, Tensor], Tensor]:
    """Return what holds opacity between the least and the most of the 3x3 pixels it comes from.

    A network sharpens: without this, what is half transparent beside an edge becomes more or
    less so, and what is fully transparent or opaque may not stay it.

    Args:
        source: opacity (1, 1, h, w), levels or float32 in [0, 1].
        size: (height, width) of the enlarged opacity.
        borders: which of them meet.

    Returns:
        A function of the place of a window, and its opacity (1, 1, H, W) in float32. It returns
        the window with other values, or itself where the size is less than that of the source.

    """
    before = source.shape[-2:]
    if size[0] < before[0] or size[1] < before[1]:
        return lambda _, window: window
    rows, columns = (_nearest(*pair) for pair in zip(before, size, strict=True))

    def held(region: Region, window: Tensor) -> Tensor:
        down, across = rows[region.top : region.bottom], columns[region.left : region.right]
        low, high = _limits(source, down, across, borders)
        return torch.minimum(torch.maximum(window, low), high)

    return held


def _nearest(length: int, longer: int) -> Tensor:
    """Return the position of the nearest of ``length`` samples to each of ``longer`` ones."""
    positions = torch.arange(length, dtype=torch.float32)[None, None]
    return functional.interpolate(positions, longer, mode="nearest-exact")[0, 0].long()


def _limits(
    source: Tensor, rows: Tensor, columns: Tensor, borders: Borders
) -> tuple[Tensor, Tensor]:
    """Return the least and the most of the 3x3 pixels around rising positions, float32."""
    top, bottom = _around(rows, source.shape[-2], meets=borders[0] == "wrap")
    left, right = _around(columns, source.shape[-1], meets=borders[1] == "wrap")
    seen = from_levels(wrapped(source, Region(top=top, bottom=bottom, left=left, right=right)))
    low, high = (sign * functional.max_pool2d(sign * seen, 3, 1, 1) for sign in (-1, 1))
    down, across = rows - top, columns - left
    return low[..., down, :][..., across], high[..., down, :][..., across]


def _around(positions: Tensor, length: int, *, meets: bool) -> tuple[int, int]:
    """Return the range of rising positions and of their neighbours, if the ends have any."""
    start, stop = int(positions[0]) - 1, int(positions[-1]) + 2
    return (start, stop) if meets else (max(0, start), min(length, stop))


def _fill(color: Tensor, visible: Tensor) -> Tensor:
    if visible.all():
        return color
    weight = visible.to(color.dtype)
    total = functional.avg_pool2d(color * weight, 2, ceil_mode=True)
    share = functional.avg_pool2d(weight, 2, ceil_mode=True)
    coarse = _fill(total / share.clamp(min=torch.finfo(color.dtype).tiny), share > 0)
    smooth = functional.interpolate(coarse, color.shape[-2:], mode="bilinear")
    return torch.where(visible, color, smooth)
