"""Colour under transparent pixels, and opacity that does not overshoot."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

from srcli.images.picture.photo import Photo
from srcli.pixels.borders import wrapped
from srcli.pixels.levels import from_levels, to_levels
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


def within_neighbours(enlarged: Tensor, source: Tensor, borders: Borders = MIRRORED) -> Tensor:
    """Hold enlarged opacity between the least and the most of the 3x3 pixels that it comes from.

    A network sharpens: without this, what is half transparent beside an edge becomes more or
    less so, and what is fully transparent or opaque may not stay it.

    Args:
        enlarged: opacity (1, 1, H, W), levels or float32 in [0, 1].
        source: opacity (1, 1, h, w), the same way.
        borders: which of them meet.

    Returns:
        ``enlarged`` with other values, or itself where it is smaller than the source.

    """
    size, before = enlarged.shape[-2:], source.shape[-2:]
    if size[0] < before[0] or size[1] < before[1]:
        return enlarged
    rows, columns = (int(border == "wrap") for border in borders)
    around = Region(top=-rows, bottom=before[0] + rows, left=-columns, right=before[1] + columns)
    seen = wrapped(from_levels(source), around)
    padding = (1 - rows, 1 - columns)
    low = -functional.max_pool2d(-seen, 3, stride=1, padding=padding)
    high = functional.max_pool2d(seen, 3, stride=1, padding=padding)
    low, high = (functional.interpolate(one, size, mode="nearest-exact") for one in (low, high))
    held = torch.minimum(torch.maximum(from_levels(enlarged), low), high)
    return to_levels(held, enlarged.dtype)


def _fill(color: Tensor, visible: Tensor) -> Tensor:
    if visible.all():
        return color
    weight = visible.to(color.dtype)
    total = functional.avg_pool2d(color * weight, 2, ceil_mode=True)
    share = functional.avg_pool2d(weight, 2, ceil_mode=True)
    coarse = _fill(total / share.clamp(min=torch.finfo(color.dtype).tiny), share > 0)
    smooth = functional.interpolate(coarse, color.shape[-2:], mode="bilinear")
    return torch.where(visible, color, smooth)
