"""Writes a bench as one HTML file that needs nothing but itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from srcli.bench.curves import scale_charts
from srcli.bench.report import Report, condition_line, tables_of
from srcli.bench.sheet import Sheet
from srcli.bench.summary import Row
from srcli.bench.surroundings import surroundings
from srcli.bench.tables import (
    datasets_of,
    quality_text,
    scale_text,
    scales_of,
    with_costs,
)
from srcli.report.charts import Series, chart
from srcli.report.figures import Chart
from srcli.report.pages import render_page


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
        scale_charts=list(scale_charts(rows, published=report.published is not None)),
        speed_charts=list(_speed_charts(rows)),
        sheets=sheets,
        others=others,
        conditions=[condition_line(one) for one in report.conditions],
        quality_text=quality_text,
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
