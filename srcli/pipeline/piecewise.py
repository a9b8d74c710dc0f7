"""Functions that are given by points with straight lines between them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise


def piecewise_linear(points: Sequence[tuple[float, float]], value: float) -> float:
    """Return the function's value; before the first point and after the last it is constant.

    Args:
        points: of the function, by rising arguments.
        value: its argument.

    """
    for (start, first), (end, second) in pairwise(points):
        if value < end:
            return first + (second - first) * max(0.0, value - start) / (end - start)
    return points[-1][1]
