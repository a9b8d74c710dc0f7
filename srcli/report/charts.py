"""Small charts as inline SVG. Their colours come from the style sheet of the page."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from markupsafe import Markup

from srcli.report.pages import render

WIDTH, HEIGHT = 660, 360
LEFT, RIGHT, TOP, BOTTOM = 56, 170, 16, 44
"""Margins. They hold the y axis, the names of the curves, nothing, and the x axis."""

COLORS = 8
"""Number of classes ``s0``, ``s1`` ... in the style sheet. ``sp`` is for published numbers."""

NAME_GAP = 15
NAME_LENGTH = 20
TICKS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One curve, or one dot if it has one point.

    Attributes:
        name: text beside the last point.
        points: pairs (x, y) in ascending x.
        published: whether the curve is drawn thin and dashed.

    """

    name: str
    points: tuple[tuple[float, float], ...]
    published: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Axis:
    """Maps values between ``low`` and ``high`` to pixels between ``start`` and ``end``."""

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

    def ticks(self) -> list[_Tick]:
        values = _log_ticks(self.low, self.high) if self.log else []
        if len(values) < 2:  # noqa: PLR2004 - one tick is no scale
            values = _ticks(self.low, self.high)
        return [_Tick(place=self.place(value), text=f"{value:g}") for value in values]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tick:
    """A number beside an axis."""

    place: float
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Dot:
    """A point in pixels, and its values as text."""

    x: float
    y: float
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Curve:
    """A series as it is drawn.

    Attributes:
        name: the whole name, which shows under the pointer.
        label: the name as it is written, cut if it is long.
        published: as in ``Series``.
        color: class of the style sheet.
        dots: its points.
        lead: whether a line leads from the last dot to the label.
        anchor: end of the label that is at ``label_x``.
        label_x: place of the label.
        label_y: place of the label.

    """

    name: str
    label: str
    published: bool
    color: str
    dots: tuple[_Dot, ...]
    lead: bool
    anchor: str
    label_x: float
    label_y: float

    @property
    def radius(self) -> float:
        """Radius of its dots."""
        return 2 if self.published else 3.5


def chart(series: Sequence[Series], *, x_label: str, y_label: str, log_x: bool = False) -> Markup:
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
    return render(
        __package__,
        "chart.svg",
        width=WIDTH,
        height=HEIGHT,
        left=LEFT,
        right=WIDTH - RIGHT,
        top=TOP,
        bottom=HEIGHT - BOTTOM,
        x_label=x_label,
        y_label=y_label,
        x_ticks=x.ticks(),
        y_ticks=y.ticks(),
        curves=_curves(series, x, y),
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


def _curves(series: Sequence[Series], x: _Axis, y: _Axis) -> list[_Curve]:
    """Place the points of each curve, and its name beside its end."""
    ends = [y.place(one.points[-1][1]) for one in series]
    drawn: list[_Curve] = []
    for one, label_y in zip(series, _spread(ends), strict=True):
        dots = tuple(
            _Dot(x=x.place(a), y=y.place(b), text=f"{a:.4g}, {b:.2f}") for a, b in one.points
        )
        measured = sum(not other.published for other in drawn)
        lead = len(dots) > 1
        anchor, label_x = ("start", WIDTH - RIGHT + 14.0) if lead else _beside(dots[0])
        drawn.append(
            _Curve(
                name=one.name,
                label=_shortened(one.name),
                published=one.published,
                color="sp" if one.published else f"s{measured % COLORS}",
                dots=dots,
                lead=lead,
                anchor=anchor,
                label_x=label_x,
                label_y=label_y,
            )
        )
    return drawn


def _beside(dot: _Dot) -> tuple[str, float]:
    """Return anchor and x of a name, on the side of its dot that has room."""
    left_half = dot.x < (LEFT + WIDTH - RIGHT) / 2
    return ("start", dot.x + 10) if left_half else ("end", dot.x - 10)


def _shortened(name: str) -> str:
    return name if len(name) <= NAME_LENGTH else name[: NAME_LENGTH - 1] + "\u2026"
