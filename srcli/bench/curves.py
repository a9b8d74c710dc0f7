"""Draws quality over scale, with what papers publish."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from srcli.bench.published import published_numbers
from srcli.bench.summary import Row
from srcli.bench.tables import datasets_of, models_of, scales_of
from srcli.errors import UsageError
from srcli.report.charts import Series, chart
from srcli.report.figures import Chart, svg_figure

REFERENCE_CURVES = ("ASDN", "VDSR-Conv", "Meta-RDN", "RDN-LIIF")
"""Published methods of any scale that are drawn beside the measured ones."""
READ_OFF = "ASDN Fig. 4"


def to_svg(rows: Sequence[Row]) -> str:
    """Write PSNR-Y over scale, with published points, as an SVG document.

    Args:
        rows: the means of a bench. Each data set becomes a chart.

    Raises:
        UsageError: no data set was measured at two scales.

    """
    charts = list(scale_charts(rows, published=True))
    if not charts:
        msg = "Nothing was measured at two scales, so that there is no curve to draw."
        raise UsageError(msg, hint="Write --scale 1.1..8:0.1.")
    return svg_figure(charts)


def scale_charts(rows: Sequence[Row], *, published: bool) -> Iterator[Chart]:
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
    for method in (*REFERENCE_CURVES, READ_OFF):
        points = {
            number.scale: float(number.value)
            for number in published_numbers()
            if (number.method, number.dataset, number.metric) == (method, dataset, "psnr_y")
            and scales[0] <= number.scale <= scales[-1]
            and not number.study
        }
        if len(points) > 1:
            ending = " read off" if method == READ_OFF else ", published"
            points_in_order = tuple(sorted(points.items()))
            yield Series(name=f"{method}{ending}", points=points_in_order, published=True)
