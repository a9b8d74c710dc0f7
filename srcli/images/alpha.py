"""Colour under transparent pixels."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor
from torch.nn import functional

from srcli.images.photo import Photo
from srcli.pixels.edges import wrapped
from srcli.pixels.levels import from_levels
from srcli.pixels.region import Region
from srcli.pixels.resize import MIRRORED, Borders

BEYOND = 32
"""Pixels on the other side of borders that meet, that are looked at as well."""


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


def _fill(color: Tensor, visible: Tensor) -> Tensor:
    if visible.all():
        return color
    weight = visible.to(color.dtype)
    total = functional.avg_pool2d(color * weight, 2, ceil_mode=True)
    share = functional.avg_pool2d(weight, 2, ceil_mode=True)
    coarse = _fill(total / share.clamp(min=torch.finfo(color.dtype).tiny), share > 0)
    smooth = functional.interpolate(coarse, color.shape[-2:], mode="bilinear")
    return torch.where(visible, color, smooth)
