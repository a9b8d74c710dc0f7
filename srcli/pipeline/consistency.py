"""Tell whether a result still is its source: a check that needs no ground truth.

Reduced to the size of its source by the kernel that the networks learned to undo, a result must
give the source back. A wrong model, a shift of colours or of the grid, and a black tile do not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from srcli.engine.tiling import TiledTraits
from srcli.images.picture.animation import Picture, photos
from srcli.metrics.psnr import decibels
from srcli.networks.spec import AnyRatioTraits, NetworkTraits
from srcli.pixels.borders import wrapped
from srcli.pixels.levels import from_levels, to_levels
from srcli.pixels.region import Region, strips
from srcli.pixels.resize import MIRRORED, Borders, resize, resize_from

LARGEST = 100.0
"""Decibels that stand for themselves and for all above them, equality included."""
SUSPICIOUS = 35.0
"""Decibels; photographs come out above, results 8 of 255 levels too bright below."""
SMALLEST = 64
"""Pixels of a source below which a mean over them says nothing."""
STRIP = 2**18
"""Pixels of a result that are measured at once: more of them repeat fewer rows."""
MARGIN = 1.0
"""Decibels that a sound result may be behind plain bicubic enlargement, also of noise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Consistency:
    """How well a result gives its source back, in decibels, and whether that is good enough."""

    psnr: float
    sound: bool


@torch.inference_mode()
def consistency(
    source: Tensor,
    result: Tensor,
    borders: Borders = MIRRORED,
    *,
    removes: float = 0.0,
    put_away: Callable[[], object] = bool,
) -> Consistency | None:
    """Measure the PSNR over the three colours of the reduced result against its source.

    What noise and fine patterns lose depends on them, not on the model. A result is therefore
    only unsound if it is below ``SUSPICIOUS`` and more than ``MARGIN`` behind what bicubic
    enlargement of the same source gives back.

    Args:
        source: RGB (1, 3, h, w), numbers in [0, 1] or levels, as the network saw it.
        result: RGB (1, 3, H, W), the same way.
        borders: how both go on outside.
        removes: levels of 255 by which the result is expected to differ from its source, because
            noise or what compression left was removed.
        put_away: called after each part of the result that was read.

    Returns:
        None if the result is smaller along any axis: it cannot hold what the source does.

    """
    size = result.shape[2], result.shape[3]
    if size[0] < source.shape[2] or size[1] < source.shape[3]:
        return None

    def bicubic(region: Region) -> Tensor:
        window = resize(source, size, region=region, borders=borders)
        return to_levels(window, result.dtype)

    found = _given_back(source, partial(wrapped, result), size, borders, put_away)
    sound = (
        found >= _suspicious(removes)
        or source.shape[2] * source.shape[3] < SMALLEST
        or found >= _given_back(source, bicubic, size, borders) - MARGIN
    )
    return Consistency(psnr=found, sound=sound)


def worst_consistency(  # noqa: PLR0913 - two pictures, and by name how they are compared
    source: Picture,
    result: Picture,
    networks: Sequence[TiledTraits],
    borders: Borders = MIRRORED,
    *,
    removes: float = 0.0,
    put_away: Callable[[], object] = bool,
) -> Consistency | None:
    """Measure the consistency of a photo, or of the frame of an animation that has the least.

    Args:
        source: as it was read.
        result: what became of it.
        networks: all that may have run.
        borders: of the picture, as they ran with it.
        removes: as for ``consistency``.
        put_away: as for ``consistency``.

    Returns:
        None if it cannot be told, or if the picture was restored: then it is to differ.

    """
    same_size = (source.height, source.width) == (result.height, result.width)
    if any(_restores(one.traits, same_size=same_size) for one in networks):
        return None
    pairs = zip(photos(source), photos(result), strict=True)
    found = [
        consistency(before.pixels, after.pixels, borders, removes=removes, put_away=put_away)
        for before, after in pairs
    ]
    known = [one for one in found if one]
    return min(known, key=lambda one: (one.sound, one.psnr), default=None)


def _suspicious(removes: float) -> float:
    """Return the decibels below which a result is suspicious: what was removed, and as much."""
    if removes <= 0:
        return SUSPICIOUS
    return min(SUSPICIOUS, decibels(2 * (removes / 255) ** 2, peak=1.0))


def _restores(traits: NetworkTraits, *, same_size: bool) -> bool:
    if isinstance(traits, AnyRatioTraits):
        return same_size and traits.restoring_ratio is not None
    return traits.scale == 1


def _given_back(
    source: Tensor,
    read: Callable[[Region], Tensor],
    after: tuple[int, int],
    borders: Borders,
    put_away: Callable[[], object] = bool,
) -> float:
    """Return the PSNR of a reduced result of size ``after``, whose windows are read."""
    size = source.shape[2], source.shape[3]
    squares = 0.0
    share = size[0] * size[1] / (after[0] * after[1])
    for strip in strips(size, int(STRIP * share)):
        reduced = resize_from(read, after, size, region=strip, borders=borders).clamp(0, 1)
        difference = reduced.double().sub_(from_levels(strip.of(source)))
        squares += difference.square_().sum().item()
        put_away()
    return min(decibels(squares / source.numel(), peak=1.0), LARGEST)
