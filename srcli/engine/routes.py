"""Which fixed-scale networks run, one after another, to reach a factor that none of them has."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

EPSILON = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A way to a factor.

    Attributes:
        name: of the strategy that found it.
        scales: of the fixed-scale networks, in the order in which they run.
        rest: the ratio that is left after them: above 1 a network of any ratio makes it, below
            1 an antialiased reduction.

    """

    name: str
    scales: tuple[int, ...]
    rest: float


def again(ratio: float, scales: Collection[int]) -> Route:
    """Run one network again and again, and reduce what is too large.

    It is the smallest scale that reaches ``ratio`` alone, or else the largest.
    """
    scale = min((s for s in scales if s >= ratio - EPSILON), default=max(scales))
    count = 1
    while scale**count < ratio - EPSILON:
        count += 1
    return _route("again", ratio, (scale,) * count)


def beyond(ratio: float, scales: Collection[int]) -> Route:
    """Mix the scales so that they go past ``ratio`` by as little as can be, and reduce."""
    reaching = (way for way in _ways(ratio, scales) if math.prod(way) >= ratio - EPSILON)
    return _route("beyond", ratio, min(reaching, key=_waste))


def below(ratio: float, scales: Collection[int]) -> Route | None:
    """Mix the scales to come as near as can be from below; a network of any ratio does the rest.

    None if even the smallest scale is too large.
    """
    within = [way for way in _ways(ratio, scales) if math.prod(way) <= ratio + EPSILON]
    if not within:
        return None
    return _route("below", ratio, max(within, key=lambda way: (math.prod(way), -len(way))))


def once(ratio: float, scales: Collection[int]) -> Route | None:
    """Run the largest scale that is not too large once; a network of any ratio does the rest."""
    within = [scale for scale in scales if scale <= ratio + EPSILON]
    return _route("once", ratio, (max(within),)) if within else None


STRATEGIES: tuple[Callable[[float, Collection[int]], Route | None], ...] = (
    again,
    beyond,
    below,
    once,
)


def routes_to(
    ratio: float, scales: Collection[int], *, any_ratio: bool = False
) -> tuple[Route, ...]:
    """Return what each strategy finds, equal routes once, the earlier name first.

    Args:
        ratio: above 0; the larger of the two axis ratios.
        scales: of the networks at hand, at least one, all above 1.
        any_ratio: whether there is a network of any ratio for the rest.

    """
    routes: dict[tuple[int, ...], Route] = {}
    for strategy in STRATEGIES:
        route = strategy(ratio, scales)
        if route and (any_ratio or route.rest <= 1):
            routes.setdefault(route.scales, route)
    return tuple(routes.values())


def choose_route(ratio: float, scales: Collection[int], *, any_ratio: bool = False) -> Route:
    """Return the route that a picture takes; arguments as for :func:`routes_to`.

    The largest scale that is not too large, once, and a network of any ratio for the rest; where
    there is no such scale or no such network, the mix that goes past by least, reduced. Measured
    in docs/any-scale.md: a second pass of a fixed scale is 0.1 to 0.5 dB worse than one of a
    network of any ratio, which was trained on its own results; one scale more, reduced, is 0.2
    to 0.3 dB worse at 2.7 and as good at 3.3.
    """
    return (once(ratio, scales) if any_ratio else None) or beyond(ratio, scales)


def _route(name: str, ratio: float, scales: tuple[int, ...]) -> Route:
    rest = ratio / math.prod(scales)
    return Route(name=name, scales=scales, rest=1.0 if abs(rest - 1) <= EPSILON else rest)


def _waste(way: tuple[int, ...]) -> tuple[int, int]:
    return math.prod(way), len(way)


def _ways(
    ratio: float, scales: Collection[int], first: int | None = None
) -> Iterator[tuple[int, ...]]:
    """Yield every mix, larger scales first, that ends at or just after ``ratio``."""
    for scale in sorted(scales, reverse=True):
        if first is not None and scale > first:
            continue
        yield (scale,)
        if scale < ratio - EPSILON:
            yield from ((scale, *way) for way in _ways(ratio / scale, scales, scale))
