"""A bench as one HTML file that needs nothing but itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from srcli.bench.published import published_numbers
from srcli.bench.report import Report, condition_line, tables_of
from srcli.bench.sheet import Panel, Sheet
from srcli.bench.summary import Row
from srcli.bench.tables import (
    datasets_of,
    models_of,
    scale_text,
    scales_of,
)
from srcli.metrics.catalog import METRICS
from srcli.report import pages
from srcli.report.charts import Series, chart

REFERENCE_CURVES = ("ASDN", "VDSR-Conv")
"""Published methods of any scale that are drawn beside the measured ones."""


def to_html(report: Report, sheets: Sequence[Sheet] = ()) -> str:
    """Write the page: tables, curves over scale, quality against speed, crop sheets.

    Args:
        report: what was measured.
        sheets: crops to look at, see ``crop_sheet``.

    """
    rows = report.rows
    names = ", ".join(datasets_of(rows))
    quality, *others = map(pages.table, tables_of(report))
    sections = [
        ("Quality", [quality]),
        ("Quality over scale", _charts(list(_scale_charts(rows, published=report.published)))),
        ("Quality against speed", _charts(list(_speed_charts(rows)))),
        ("Crops", [_sheet(sheet) for sheet in sheets]),
        ("More numbers", others),
        ("What ran", [pages.notes([condition_line(one) for one in report.conditions])]),
    ]
    body = "".join(pages.section(title, *parts) for title, parts in sections if parts)
    return pages.document(
        f"srcli bench: {names}",
        f"<header><h1>Super-resolution bench</h1><p>{escape(names)}</p></header>"
        f"<main>{body}</main>",
    )


def _charts(figures: Sequence[str]) -> list[str]:
    return [f'<div class="charts">{"".join(figures)}</div>'] if figures else []


def _scale_charts(rows: Sequence[Row], *, published: bool) -> Iterator[str]:
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
            yield f"<figure><figcaption>{escape(dataset)}</figcaption>{drawing}</figure>"


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


def _speed_charts(rows: Sequence[Row]) -> Iterator[str]:
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
                caption = f"{escape(dataset)}, x{scale_text(scale)}"
                yield f"<figure><figcaption>{caption}</figcaption>{drawing}</figure>"
                break


def _sheet(sheet: Sheet) -> str:
    window = sheet.window
    place = (
        f"left:{100 * window.left / sheet.width:.2f}%;top:{100 * window.top / sheet.height:.2f}%;"
        f"width:{100 * window.width / sheet.width:.2f}%;"
        f"height:{100 * window.height / sheet.height:.2f}%"
    )
    panels = "".join(map(_panel, sheet.panels))
    return (
        f'<figure class="sheet"><figcaption>{escape(sheet.title)}, x{scale_text(sheet.scale)}; '
        "PSNR-Y / SSIM-Y of the whole picture</figcaption>"
        '<div class="row"><div class="overview">'
        f'{pages.image(sheet.overview, "jpeg", "HR, whole")}<i style="{place}"></i></div>'
        f"{panels}</div></figure>"
    )


def _panel(panel: Panel) -> str:
    numbers = (
        f"{METRICS['psnr_y'].text(panel.scores.psnr_y)} / "
        f"{METRICS['ssim_y'].text(panel.scores.ssim_y)}"
        if panel.scores
        else ""
    )
    title = escape(panel.title)
    return (
        f'<div class="panel">{pages.image(panel.png, "png", panel.title)}'
        f"<b>{title}</b><span>{numbers}</span></div>"
    )
