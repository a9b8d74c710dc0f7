"""Finds where two pictures differ, and draws it."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from srcli.images.picture.photo import Photo
from srcli.pixels.levels import from_levels

BACKDROP = 0.5
"""Transparent pixels are laid over this mid-grey, in front of which black and white show."""

FULL_SCALES = (1, 2, 4, 8, 16, 32, 64, 128, 255)
"""Differences, in levels of 255, at which a map may reach its brightest colour."""

COVERED = 0.98
"""A map shows this share of the differing pixels without clipping."""

RAMP = ((0, 0, 0), (59, 18, 98), (155, 36, 103), (229, 92, 48), (252, 190, 48), (255, 255, 225))
"""Colours from no difference to full scale. Each colour is lighter than the one before."""


def visible(photo: Photo) -> Tensor:
    """Return a picture as it looks over mid-grey, RGB float32 (1, 3, H, W) in [0, 1]."""
    pixels = from_levels(photo.pixels)
    if photo.alpha is None:
        return pixels
    alpha = from_levels(photo.alpha)
    return pixels * alpha + BACKDROP * (1 - alpha)


def difference(first: Photo, second: Photo) -> Tensor:
    """Return the largest absolute difference of the colours and the opacity of each pixel.

    Args:
        first: a picture.
        second: one of the same size.

    Returns:
        (1, 1, H, W) in [0, 1].

    """
    apart = (visible(first) - visible(second)).abs().amax(1, keepdim=True)
    if first.alpha is None and second.alpha is None:
        return apart
    opaque = torch.ones(1)
    one, other = (opaque if p.alpha is None else from_levels(p.alpha) for p in (first, second))
    return torch.maximum(apart, (one - other).abs())


def full_scale(maps: Sequence[Tensor]) -> int:
    """Choose the full scale, in levels of 255, that several maps share."""
    return max(map(_full_scale, maps))


def paint(apart: Tensor, levels: int) -> Photo:
    """Draw differences in [0, 1] in colour. Those of ``levels`` and more get the brightest."""
    place = (apart[:, 0] * (255 / levels)).clamp(0, 1) * (len(RAMP) - 1)
    below = place.floor().clamp(max=len(RAMP) - 2).long()
    part = (place - below).unsqueeze(1)
    ramp = torch.tensor(RAMP, dtype=torch.float32) / 255
    low, high = (ramp[at].movedim(-1, 1) for at in (below, below + 1))
    return Photo(pixels=torch.lerp(low, high, part).contiguous())


def _full_scale(apart: Tensor) -> int:
    differing = apart[apart > 0]
    if not len(differing):
        return FULL_SCALES[0]
    rank = max(1, round(COVERED * len(differing)))
    level = float(differing.kthvalue(rank).values) * 255
    return next((scale for scale in FULL_SCALES if level <= scale + 0.01), FULL_SCALES[-1])
