"""Charts as one SVG file that needs nothing but itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from srcli.report.charts import HEIGHT, LEFT, WIDTH
from srcli.report.pages import chart_style, render

HEAD = 30
"""Height of the caption above a chart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A drawing and its caption."""

    caption: str
    drawing: Markup


@dataclass(frozen=True, slots=True, kw_only=True)
class _Panel:
    """A chart and its place."""

    caption: str
    drawing: Markup
    top: int


def svg_figure(charts: Sequence[Chart]) -> str:
    """Write charts below each other as one SVG document, dark or light as the reader has it."""
    height = HEIGHT + HEAD
    return render(
        __package__,
        "figure.svg",
        width=WIDTH,
        height=height * len(charts),
        head=HEAD,
        left=LEFT,
        chart_height=HEIGHT,
        style=Markup(chart_style()),  # noqa: S704 - our own file
        panels=[
            _Panel(caption=one.caption, drawing=one.drawing, top=height * at)
            for at, one in enumerate(charts)
        ],
    )
