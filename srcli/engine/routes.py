"""Choose the fixed-scale networks that run, one after another, to reach any factor."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator
from dataclasses import dataclass

EPSILON = 1e-6
"""Ratios that differ by no more than this are equal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A sequence of networks that leads to a factor.

    Attributes:
        scales: scales of the fixed-scale networks, in the order in which they run.
        rest: ratio that is left after them. Above 1, a network of any ratio does it; below 1,
            an antialiased reduction does.

    """

    scales: tuple[int, ...]
    rest: float

    @classmethod
    def along(cls, scales: tuple[int, ...], ratio: float) -> Route:
        """Return the route to ``ratio`` along ``scales``."""
        rest = ratio / math.prod(scales)
        return cls(scales=scales, rest=1.0 if abs(rest - 1) <= EPSILON else rest)


def overshoot(ratio: float, scales: Collection[int]) -> Route:
    """Mix scales so that their product exceeds ``ratio`` by the least, and reduce the result."""
    reaching = (mix for mix in mixes(ratio, scales) if math.prod(mix) >= ratio - EPSILON)
    return Route.along(min(reaching, key=lambda mix: (math.prod(mix), len(mix))), ratio)


def single(ratio: float, scales: Collection[int]) -> Route | None:
    """Run the largest scale up to ``ratio`` once, and leave the rest to a network of any ratio.

    Return None if every scale is larger than ``ratio``.
    """
    within = [scale for scale in scales if scale <= ratio + EPSILON]
    return Route.along((max(within),), ratio) if within else None


def choose_route(
    ratio: float,
    scales: Collection[int],
    *,
    any_ratio: bool = False,
    overshoot_until: float | None = None,
) -> Route:
    """Return the route that a picture takes.

    It is ``single`` if a network of any ratio can do the rest and a scale is small enough, and
    ``overshoot`` otherwise. docs/any-scale.md has the measurements: a second pass of a fixed
    scale is 0.1 to 0.5 dB worse than one of a network of any ratio, which was trained on its
    own results. One scale more, reduced, is 0.2 to 0.3 dB worse at 2.7 and equally good at 3.3.
    For networks that are better than the one of any ratio, it is 0.5 dB better at 2.7, and equally
    good or worse above 3.

    Args:
        ratio: above 0; the larger of the two axis ratios.
        scales: scales of the networks that may run, at least one, all above 1.
        any_ratio: whether there is a network of any ratio for the rest.
        overshoot_until: ratio up to which one larger scale, reduced, is better; None for never.

    """
    one, over = single(ratio, scales) if any_ratio else None, overshoot(ratio, scales)
    if one is None:
        return over
    is_better = one.rest > 1 and overshoot_until is not None and ratio < overshoot_until
    return over if is_better and len(over.scales) == 1 else one


def mixes(
    ratio: float, scales: Collection[int], largest: int | None = None
) -> Iterator[tuple[int, ...]]:
    """Yield every mix of scales whose product is at most one scale beyond ``ratio``.

    The scales of a mix fall, from ``largest`` at most.
    """
    for scale in sorted(scales, reverse=True):
        if largest is not None and scale > largest:
            continue
        yield (scale,)
        if scale < ratio - EPSILON:
            yield from ((scale, *mix) for mix in mixes(ratio / scale, scales, scale))
