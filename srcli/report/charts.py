"""Small charts as inline SVG; colours come from the page's style sheet."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

WIDTH, HEIGHT = 660, 360
LEFT, RIGHT, TOP, BOTTOM = 56, 170, 16, 44
"""Margins: numbers of the y axis; names beside the ends of the curves; air; the x axis."""

COLORS = 8
"""How many classes ``s0``, ``s1`` ... the style sheet has; ``sp`` is for published numbers."""

NAME_GAP = 15
NAME_LENGTH = 20
TICKS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One curve, or one dot if it has one point.

    Attributes:
        name: written beside its last point.
        points: (x, y), in ascending x.
        published: drawn thin and dashed.

    """

    name: str
    points: tuple[tuple[float, float], ...]
    published: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Axis:
    """Values between ``low`` and ``high`` to pixels between ``start`` and ``end``."""

    low: float
    high: float
    start: float
    end: float
    log: bool

    def place(self, value: float) -> float:
        low, high, value = (
            map(math.log10, (self.low, self.high, value))
            if self.log
            else (self.low, self.high, value)
        )
        return self.start + (value - low) / (high - low) * (self.end - self.start)

    def ticks(self) -> list[float]:
        found = _log_ticks(self.low, self.high) if self.log else []
        return found if len(found) > 1 else _ticks(self.low, self.high)


def chart(series: Sequence[Series], *, x_label: str, y_label: str, log_x: bool = False) -> str:
    """Draw curves, each named beside its end.

    Args:
        series: at least one, with finite values, above zero along a logarithmic axis.
        x_label: what the x axis shows, with its unit.
        y_label: the same for the y axis.
        log_x: whether the x axis is logarithmic.

    Returns:
        An ``svg`` element that refers to nothing outside itself but the page's classes.

    """
    points = [point for one in series for point in one.points]
    x = _axis([p[0] for p in points], LEFT, WIDTH - RIGHT, log=log_x)
    y = _axis([p[1] for p in points], HEIGHT - BOTTOM, TOP, log=False)
    ends = [y.place(one.points[-1][1]) for one in series]
    measured = 0
    parts = [_grid(x, y, x_label, y_label)]
    for one, name_y in zip(series, _spread(ends), strict=True):
        color = "sp" if one.published else f"s{measured % COLORS}"
        measured += not one.published
        parts.append(_curve(one, color, x, y, name_y))
    label = escape(f"{y_label} over {x_label}")
    return (
        f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{label}">'
        + "".join(parts)
        + "</svg>"
    )


def _axis(values: Sequence[float], start: float, end: float, *, log: bool) -> _Axis:
    """Return an axis with a little air on either side of the values."""
    low, high = min(values), max(values)
    if log:
        low, high = low / 1.3, high * 1.3
    else:
        air = 0.05 * (high - low) or 0.5
        low, high = low - air, high + air
    return _Axis(low=low, high=high, start=start, end=end, log=log)


def _ticks(low: float, high: float) -> list[float]:
    """Return round numbers inside the range, at most about ``TICKS``."""
    raw = (high - low) / TICKS
    power = 10 ** math.floor(math.log10(raw))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= raw)
    first = math.ceil(low / step)
    return [round(step * n, 10) for n in range(first, math.floor(high / step) + 1)]


def _log_ticks(low: float, high: float) -> list[float]:
    """Return 1, 2 and 5 times powers of ten inside the range, or powers alone if many."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    factors = (1, 2, 5) if len(powers) <= TICKS // 2 else (1,)
    candidates = (factor * 10.0**power for power in powers for factor in factors)
    return [value for value in candidates if low <= value <= high]


def _spread(places: Sequence[float]) -> list[float]:
    """Push names apart that would cover each other, keeping their order."""
    order = sorted(range(len(places)), key=places.__getitem__)
    spread = list(places)
    for above, below in pairwise(order):
        spread[below] = max(spread[below], spread[above] + NAME_GAP)
    over = max(0.0, max(spread) - (HEIGHT - BOTTOM))
    return [place - over for place in spread]


def _grid(x: _Axis, y: _Axis, x_label: str, y_label: str) -> str:
    right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM
    lines = [
        f'<path class="grid" d="M{LEFT} {y.place(v):.1f}H{right}"/>'
        f'<text class="y" x="{LEFT - 8}" y="{y.place(v) + 4:.1f}">{v:g}</text>'
        for v in y.ticks()
    ]
    lines += [
        f'<path class="grid" d="M{x.place(v):.1f} {bottom}v5"/>'
        f'<text class="x" x="{x.place(v):.1f}" y="{bottom + 19}">{v:g}</text>'
        for v in x.ticks()
    ]
    middle = (TOP + bottom) / 2
    return "".join(
        [
            *lines,
            f'<path class="axis" d="M{LEFT} {bottom}H{right}"/>',
            f'<text class="x" x="{(LEFT + right) / 2}" y="{HEIGHT - 6}">{escape(x_label)}</text>',
            f'<g transform="translate(14 {middle}) rotate(-90)">',
            f'<text class="x">{escape(y_label)}</text></g>',
        ]
    )


def _curve(series: Series, color: str, x: _Axis, y: _Axis, name_y: float) -> str:
    places = [(x.place(a), y.place(b)) for a, b in series.points]
    path = "L".join(f"{a:.1f} {b:.1f}" for a, b in places)
    name = escape(series.name)
    dots = "".join(
        f'<circle cx="{a:.1f}" cy="{b:.1f}" r="{2 if series.published else 3.5}">'
        f"<title>{name}: {point[0]:.4g}, {point[1]:.2f}</title></circle>"
        for (a, b), point in zip(places, series.points, strict=True)
    )
    return (
        f'<g class="{color}"><path class="line" d="M{path}"/>{dots}'
        f"{_name(series.name, places[-1], name_y, beside=len(places) == 1)}</g>"
    )


def _name(name: str, end: tuple[float, float], y: float, *, beside: bool) -> str:
    """Write a name beside a dot, on the side that has room, or in the margin of a curve."""
    text = escape(name if len(name) <= NAME_LENGTH else name[: NAME_LENGTH - 1] + "\u2026")
    if beside:
        left_half = end[0] < (LEFT + WIDTH - RIGHT) / 2
        anchor, x = ("start", end[0] + 10) if left_half else ("end", end[0] - 10)
        lead = ""
    else:
        anchor, x = "start", float(WIDTH - RIGHT + 14)
        lead = f'<path class="lead" d="M{end[0] + 5:.1f} {end[1]:.1f}L{x - 3:.1f} {y:.1f}"/>'
    return (
        f'{lead}<text class="name" text-anchor="{anchor}" x="{x:.1f}" y="{y + 4:.1f}">{text}'
        f"<title>{escape(name)}</title></text>"
    )
