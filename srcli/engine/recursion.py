"""Plan the passes that lead from one size to another.

Source: ASDN, arXiv 2010.02414, Eq. 4-6: passes of the largest ratio come first, and one of the
remainder last. The sizes are given; the ratio of each axis follows from them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from srcli.engine.routes import Route, choose_route
from srcli.networks.spec import AnyRatioTraits, NetworkTraits

EPSILON = 1e-6
NetworkKey = int | Literal["rest"] | None
"""What tells the networks of a plan apart: the scale of one of a fixed scale, ``rest`` for one of
any ratio that helps another of any ratio, and None for all others."""
MAX_DETOUR = 4
"""Largest number of pixels of an intermediate picture, over that of the result."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """One pass: the size that it reaches, and the network that runs.

    Attributes:
        height: height that the pass reaches.
        width: width that the pass reaches.
        ratio: ratio that a network of any ratio is told.
        scale: scale of the network that runs; None for a network of any ratio.
        rest: whether the network that runs is one of any ratio that helps another of any ratio.
        resample: whether the pass is plain antialiased resizing, without a network.
        corrects: whether the pass is back-projection: it corrects the result by what its
            reduction lacks of the picture before the first pass.
        strengths: strengths that the network is told: see ``AnyRatioTraits.told``.

    """

    height: int
    width: int
    ratio: float
    scale: int | None = None
    rest: bool = False
    resample: bool = False
    corrects: bool = False
    strengths: tuple[float, ...] = ()

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) that the pass reaches."""
        return self.height, self.width

    @property
    def network(self) -> NetworkKey:
        """Key of the network that runs."""
        return "rest" if self.rest else self.scale

    @property
    def has_network(self) -> bool:
        """Whether the pass runs a network. One that only resizes or only corrects runs none."""
        return not self.resample and not self.corrects

    @property
    def plain_name(self) -> str:
        """What a pass without a network is called."""
        return "correct" if self.corrects else "resize"


def scaled_size(size: tuple[int, int], scale: tuple[float, float]) -> tuple[int, int]:
    """Return (height, width) times ``scale`` (vertical, horizontal), rounded half up.

    No side is below 1.
    """
    height, width = (max(1, math.floor(n * s + 0.5)) for n, s in zip(size, scale, strict=True))
    return height, width


def plan_passes(
    size: tuple[int, int],
    target: tuple[int, int],
    ratio: float,
    traits: NetworkTraits,
    *others: NetworkTraits,
) -> tuple[Pass, ...]:
    """Plan the passes from ``size`` to ``target``, both (height, width).

    Args:
        size: size of the source.
        target: size of the result.
        ratio: larger of the two axis ratios as requested, not that of the rounded sizes.
        traits: traits of the network that was asked for.
        others: traits of networks that may help: the members of a family of fixed scales, and
            one network of any ratio.

    Returns:
        The passes in order. There are none if the size stays and no network restores.

    """
    helping = next((one for one in others if isinstance(one, AnyRatioTraits)), None)
    if isinstance(traits, AnyRatioTraits):
        if helping and traits.restoring_ratio and ratio > traits.max_ratio + EPSILON:
            return _restored_first(size, target, ratio, traits, helping)
        return _plan_alone(size, target, ratio, traits)
    if traits.scale == 1:
        route = Route(scales=(1,), rest=max(ratio, 1.0) if helping else 1.0)
    else:
        scales = {one.scale for one in (traits, *others) if one.scale is not None}
        past = traits.between.overshoot_until
        route = choose_route(ratio, scales, any_ratio=helping is not None, overshoot_until=past)
    if helping is None or route.rest <= 1:
        passes = plan_route(size, target, route)
        below = traits.between.corrected_below
        return (*passes, *_correction(size, target, ratio, below)) if traits.scale > 1 else passes
    return plan_route(size, target, route, helping.max_ratio, helping.overshoot_from)


def _plan_alone(
    size: tuple[int, int], target: tuple[int, int], ratio: float, traits: AnyRatioTraits
) -> tuple[Pass, ...]:
    """Plan the passes of a network of any ratio, or the one of plain resizing."""
    if traits.kernel:
        return () if target == size else (_resample(target, ratio),)
    if traits.restoring_ratio and target == size:
        return _there_and_back(size, traits.restoring_ratio, traits.max_ratio)
    correction = traits.correction
    correct = _correction(size, target, ratio, correction.below if correction else None)
    past = correction.overshoot_from if correction and correct else traits.overshoot_from
    return (*_plan_any_ratio(size, target, ratio, traits.max_ratio, past), *correct)


def _correction(
    size: tuple[int, int], target: tuple[int, int], ratio: float, below: float | None
) -> tuple[Pass, ...]:
    """Plan a correction of the result where one is asked for and possible."""
    grows = target != size and target[0] >= size[0] and target[1] >= size[1]
    if below is None or not grows or not 1 < ratio < below - EPSILON:
        return ()
    return (Pass(height=target[0], width=target[1], ratio=1.0, corrects=True),)


def _restored_first(
    size: tuple[int, int],
    target: tuple[int, int],
    ratio: float,
    traits: AnyRatioTraits,
    helping: AnyRatioTraits,
) -> tuple[Pass, ...]:
    """Restore the picture at its own size, and let a network that reaches further enlarge it.

    docs/auto.md tells when that is as good as to repeat passes of the network that restores. It
    takes two thirds of the work at ratio 3, and less than half of it at 4.
    """
    restored = _there_and_back(size, traits.max_ratio, traits.max_ratio)
    rest = _plan_any_ratio(size, target, ratio, helping.max_ratio, helping.overshoot_from)
    return (*restored, *(replace(step, rest=step.has_network) for step in rest))


def with_strengths(passes: Sequence[Pass], strengths: tuple[float, ...]) -> tuple[Pass, ...]:
    """Return the passes with strengths for the first network, if it is one of any ratio.

    Later networks see the result of the first, so they are told nothing.
    """
    first = next((n for n, step in enumerate(passes) if step.has_network), None)
    if first is None or passes[first].scale is not None:
        return tuple(passes)
    before, after = passes[:first], passes[first + 1 :]
    return (*before, replace(passes[first], strengths=strengths), *after)


def _plan_any_ratio(
    size: tuple[int, int],
    target: tuple[int, int],
    ratio: float,
    largest: float,
    overshoot_from: float | None,
) -> tuple[Pass, ...]:
    """Enlarge both axes by the larger ratio, and then reduce the axis of the smaller one.

    A network is told one ratio, and undoes as much blur along both axes. If the axes differ, it
    sharpens too much along one of them: on six validation pictures it reached 34.8 dB at 2.7 by
    1.5 and 36.1 dB at 1 by 2. This plan reaches 39.3 and 42.9 dB, and bicubic 34.2 and 37.6 dB.
    """
    if target == size:
        return ()
    if ratio <= 1:
        return (_resample(target, ratio),)
    below = math.floor(ratio)
    if below > 1 and target == (below * size[0], below * size[1]):
        ratio = float(below)  # the sizes are rounded to that of the whole ratio
    beyond = _overshoot(size, ratio, largest, overshoot_from)
    if beyond and math.prod(beyond[-1].size) <= MAX_DETOUR * math.prod(target):
        return (*beyond, _resample(target, 1.0))
    alike = _enlarged_alike(size, target, ratio)
    if alike == target or math.prod(alike) > MAX_DETOUR * math.prod(target):
        return repeat_passes(size, target, ratio, largest)
    return (*repeat_passes(size, alike, ratio, largest), _resample(target, 1.0))


def _overshoot(
    size: tuple[int, int], ratio: float, largest: float, overshoot_from: float | None
) -> tuple[Pass, ...]:
    """Plan passes of whole ratios that exceed ``ratio``; none if passes to it are as good.

    See ``AnyRatioTraits.overshoot_from``.
    """
    count = _passes_for(ratio, largest)
    rest = ratio / largest ** (count - 1)
    whole = math.ceil(rest - EPSILON)
    if overshoot_from is None or rest <= overshoot_from or whole - rest < EPSILON:
        return ()
    passes = []
    for step in (*[int(largest)] * (count - 1), whole):
        size = step * size[0], step * size[1]
        passes.append(Pass(height=size[0], width=size[1], ratio=float(step)))
    return tuple(passes)


def _passes_for(ratio: float, largest: float) -> int:
    """Return the least number of passes of at most ``largest`` that lead to ``ratio``, above 1."""
    return max(1, math.ceil(math.log(ratio, largest) - EPSILON))


def _enlarged_alike(
    size: tuple[int, int], target: tuple[int, int], ratio: float
) -> tuple[int, int]:
    """Return ``size`` times ``ratio``, with the target's length where both differ by rounding."""
    scaled = scaled_size(size, (ratio, ratio))
    height, width = (
        wanted if abs(reached - wanted) <= 1 else reached
        for reached, wanted in zip(scaled, target, strict=True)
    )
    return height, width


def _there_and_back(size: tuple[int, int], ratio: float, largest: float) -> tuple[Pass, ...]:
    """Enlarge and reduce again: the size stays, and the network restores on the way."""
    enlarged = scaled_size(size, (ratio, ratio))
    return (*repeat_passes(size, enlarged, ratio, largest), _resample(size, 1.0))


def _resample(size: tuple[int, int], ratio: float) -> Pass:
    return Pass(height=size[0], width=size[1], ratio=ratio, resample=True)


def repeat_passes(
    size: tuple[int, int], target: tuple[int, int], ratio: float, largest: float
) -> tuple[Pass, ...]:
    """Plan passes of the largest ratio and one of the remainder; no axis exceeds its target.

    Args:
        size: (height, width) of the source.
        target: (height, width) of the result.
        ratio: larger of the two axis ratios, above 1.
        largest: largest ratio of one pass, a whole number of 2 or more.

    """
    count = _passes_for(ratio, largest)
    factor = int(largest)
    passes = []
    for n in range(1, count + 1):
        last = n == count
        height, width = (min(factor * n, end) for n, end in zip(size, target, strict=True))
        reached = target if last else (height, width)
        step = ratio / largest ** (count - 1) if last else largest
        if reached != size:
            passes.append(Pass(height=reached[0], width=reached[1], ratio=step))
        size = reached
    return tuple(passes)


def plan_route(
    size: tuple[int, int],
    target: tuple[int, int],
    route: Route,
    largest: float = 2.0,
    overshoot_from: float | None = None,
) -> tuple[Pass, ...]:
    """Plan the passes from ``size`` to ``target``, both (height, width), along a route.

    ``largest`` and ``overshoot_from`` are traits of the network that does the rest: its
    ``max_ratio``, and the trait of that name.
    """
    passes = []
    for scale in route.scales:
        size = scale * size[0], scale * size[1]
        passes.append(Pass(height=size[0], width=size[1], ratio=float(scale), scale=scale))
    if route.rest > 1:
        return (*passes, *_plan_any_ratio(size, target, route.rest, largest, overshoot_from))
    return (*passes, *([] if size == target else [_resample(target, 1.0)]))
