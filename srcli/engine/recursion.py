"""Which passes lead from one size to another.

Source: ASDN, arXiv 2010.02414, Eq. 4-6 (doubling, the remainder last); sizes by
specification: they come first, and geometry follows from them, per axis.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from srcli.networks.spec import NetworkTraits

EPSILON = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """One step: the size it reaches, and how.

    ``ratio`` is what a network of any ratio is told; ``resample`` marks a step of plain
    antialiased bicubic resizing, without the network.
    """

    height: int
    width: int
    ratio: float
    resample: bool = False

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) that the step reaches."""
        return self.height, self.width


def scaled_size(size: tuple[int, int], scale: tuple[float, float]) -> tuple[int, int]:
    """Return (height, width) times ``scale`` (vertical, horizontal), halves up, at least 1."""
    height, width = (max(1, math.floor(n * s + 0.5)) for n, s in zip(size, scale, strict=True))
    return height, width


def plan_passes(
    size: tuple[int, int], target: tuple[int, int], ratio: float, traits: NetworkTraits
) -> tuple[Pass, ...]:
    """Plan the way from ``size`` to ``target``, both (height, width).

    Args:
        size: of the picture at hand.
        target: of the picture wanted.
        ratio: the larger of the two axis ratios, as requested: sizes are rounded, it is not.
        traits: of the network that will run.

    Returns:
        The passes in order; none if the size does not change and the network only enlarges.

    """
    if traits.scale is None:
        return _plan_any_ratio(size, target, ratio)
    return _plan_fixed_scale(size, target, traits.scale)


def _plan_any_ratio(
    size: tuple[int, int], target: tuple[int, int], ratio: float
) -> tuple[Pass, ...]:
    if target == size:
        return ()
    if ratio <= 1:
        return (Pass(height=target[0], width=target[1], ratio=ratio, resample=True),)
    count = max(1, math.ceil(math.log2(ratio) - EPSILON))
    passes = []
    for n in range(1, count + 1):
        last = n == count
        reached = target if last else (min(2 * size[0], target[0]), min(2 * size[1], target[1]))
        step = ratio / 2 ** (count - 1) if last else 2.0
        if reached != size:
            passes.append(Pass(height=reached[0], width=reached[1], ratio=step))
        size = reached
    return tuple(passes)


def _plan_fixed_scale(
    size: tuple[int, int], target: tuple[int, int], scale: int
) -> tuple[Pass, ...]:
    passes: list[Pass] = []
    while not passes or (scale > 1 and (size[0] < target[0] or size[1] < target[1])):
        size = scale * size[0], scale * size[1]
        passes.append(Pass(height=size[0], width=size[1], ratio=float(scale)))
    if size != target:
        passes.append(Pass(height=target[0], width=target[1], ratio=1.0, resample=True))
    return tuple(passes)
