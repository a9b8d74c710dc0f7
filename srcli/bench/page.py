"""Writes a bench as one HTML file that needs nothing but itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from srcli.bench.published import published_numbers
from srcli.bench.report import Report, condition_line, tables_of
from srcli.bench.sheet import Sheet
from srcli.bench.summary import Row
from srcli.bench.surroundings import surroundings
from srcli.bench.tables import (
    datasets_of,
    models_of,
    quality_text,
    scale_text,
    scales_of,
    with_costs,
)
from srcli.report.charts import Series, chart
from srcli.report.pages import render_page

REFERENCE_CURVES = ("ASDN", "VDSR-Conv")
"""Published methods of any scale that are drawn beside the measured ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A drawing and its caption."""

    caption: str
    drawing: Markup


def to_html(report: Report, sheets: Sequence[Sheet] = ()) -> str:
    """Write the page: tables, curves over scale, quality against speed, crop sheets.

    Args:
        report: what was measured.
        sheets: crops to look at, see ``crop_sheet``.

    """
    rows = report.rows
    quality, *others = tables_of(report)
    return render_page(
        __package__,
        "bench",
        names=", ".join(datasets_of(rows)),
        quality=with_costs(quality, rows),
        surroundings=surroundings(),
        scale_charts=list(_scale_charts(rows, published=report.published)),
        speed_charts=list(_speed_charts(rows)),
        sheets=sheets,
        others=others,
        conditions=[condition_line(one) for one in report.conditions],
        quality_text=quality_text,
    )


def _scale_charts(rows: Sequence[Row], *, published: bool) -> Iterator[Chart]:
    """Draw PSNR-Y over scale for every data set that was measured at two scales or more."""
    for dataset in datasets_of(rows):
        mine = [row for row in rows if row.dataset == dataset and row.scores]
        curves = [
            Series(name=model, points=_points(mine, model))
            for model in models_of(mine)
            if len(_points(mine, model)) > 1
        ]
        if curves and published:
            curves += _reference_curves(dataset, scales_of(mine))
        if curves:
            drawing = chart(curves, x_label="scale", y_label="PSNR-Y, dB")
            yield Chart(caption=dataset, drawing=drawing)


def _points(rows: Sequence[Row], model: str) -> tuple[tuple[float, float], ...]:
    found = [(row.scale, row.scores.psnr_y) for row in rows if row.model == model and row.scores]
    return tuple(sorted(point for point in found if point[1] < float("inf")))


def _reference_curves(dataset: str, scales: Sequence[float]) -> Iterator[Series]:
    """Return the published curves inside the measured range, where they have two points."""
    for method in REFERENCE_CURVES:
        points = {
            number.scale: float(number.value)
            for number in published_numbers()
            if (number.method, number.dataset, number.metric) == (method, dataset, "psnr_y")
            and scales[0] <= number.scale <= scales[-1]
            and not number.study
        }
        if len(points) > 1:
            yield Series(
                name=f"{method}, published", points=tuple(sorted(points.items())), published=True
            )


def _speed_charts(rows: Sequence[Row]) -> Iterator[Chart]:
    """Draw PSNR-Y over speed for each data set, at the smallest scale of two models or more."""
    for dataset in datasets_of(rows):
        for scale in scales_of(rows):
            dots = [
                Series(name=row.model, points=((row.speed, row.scores.psnr_y),))
                for row in rows
                if (row.dataset, row.scale) == (dataset, scale)
                and row.scores
                and row.speed > 0
                and row.scores.psnr_y < float("inf")
            ]
            if len(dots) > 1:
                drawing = chart(
                    dots,
                    x_label="SR megapixels per second (logarithmic)",
                    y_label="PSNR-Y, dB",
                    log_x=True,
                )
                yield Chart(caption=f"{dataset}, x{scale_text(scale)}", drawing=drawing)
                break
