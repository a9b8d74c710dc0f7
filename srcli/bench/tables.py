"""Makes the tables of a report of a bench."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from srcli.bench.records import Record
from srcli.bench.summary import Row
from srcli.metrics.catalog import EXTRA_METRICS, METRICS, Metric
from srcli.metrics.protocol import Protocol, Scores
from srcli.report.tables import NOTHING, Cell, Table


def scale_text(scale: float) -> str:
    """Write a scale as people do: 2, 2.7."""
    return f"{scale:g}"


def quality_text(scores: Scores) -> str:
    """Write PSNR-Y / SSIM-Y."""
    return f"{METRICS['psnr_y'].text(scores.psnr_y)} / {METRICS['ssim_y'].text(scores.ssim_y)}"


def datasets_of(rows: Sequence[Row]) -> tuple[str, ...]:
    """Return the data sets in the order of their first rows."""
    return tuple(dict.fromkeys(row.dataset for row in rows))


def scales_of(rows: Sequence[Row]) -> tuple[float, ...]:
    """Return the scales in ascending order."""
    return tuple(sorted({row.scale for row in rows}))


def models_of(rows: Sequence[Row]) -> tuple[str, ...]:
    """Return the models in the order of their first rows."""
    return tuple(dict.fromkeys(row.model for row in rows))


def quality_table(rows: Sequence[Row], protocol: Protocol) -> Table:
    """Lay out PSNR-Y / SSIM-Y with a row for each scale and model, and a column for a data set."""
    found = {(row.scale, row.model, row.dataset): row for row in rows}
    datasets, models = datasets_of(rows), models_of(rows)
    body = []
    for scale in scales_of(rows):
        for model in models:
            cells = [quality_cell(found.get((scale, model, dataset)), rows) for dataset in datasets]
            body.append((Cell(text=scale_text(scale)), Cell(text=model), *cells))
    notes = [f"Protocol {protocol.name}: {protocol.description}.", *_unusual(rows)]
    if any(row.failed for row in rows):
        notes.append("* without the pictures that failed.")
    return Table(
        caption="PSNR-Y in dB / SSIM-Y",
        header=("Scale", "Model", *datasets),
        rows=tuple(body),
        labels=2,
        notes=tuple(notes),
    )


def with_costs(table: Table, rows: Sequence[Row]) -> Table:
    """Add parameters and multiply-adds to each row of the table of quality."""
    costs = {(scale_text(row.scale), row.model): row for row in rows}
    body = []
    for cells in table.rows:
        row = costs.get((cells[0].text, cells[1].text))
        size = size_cell(row.parameters if row else 0)
        body.append((*cells, size, work_cell(row.kmacs if row else 0)))
    return replace(table, header=(*table.header, "Parameters, k", "kMAC/px"), rows=tuple(body))


def detail_table(rows: Sequence[Row]) -> Table:
    """List every metric, and speed and size of the model, in one row for each mean."""
    body = []
    shown = [*METRICS.values(), *extra_metrics(rows)]
    for row in rows:
        metrics = [_metric_cell(row, metric) for metric in shown]
        pictures = f"{row.images} of {row.images + row.failed}" if row.failed else f"{row.images}"
        speed = f"{row.speed:.3g}" if row.speed else NOTHING
        size = f"{row.parameters:,}" if row.parameters else NOTHING
        work = f"{row.kmacs:,.1f}" if row.kmacs else NOTHING
        memory = f"{row.peak_memory / 1e6:,.0f}" if row.peak_memory else NOTHING
        labels = (row.dataset, scale_text(row.scale), row.model)
        numbers = (pictures, f"{row.seconds / max(row.images, 1):.3g}", speed)
        body.append(
            (
                *(Cell(text=text) for text in labels),
                *metrics,
                *(Cell(text=text) for text in (*numbers, memory, work, size)),
            )
        )
    titles = [f"{metric.title} {metric.unit}".strip() for metric in shown]
    tail = ("Pictures", "s each", "SR Mpx/s", "Peak MB", "kMAC/px", "Parameters")
    return Table(
        caption="All metrics, and what the model costs",
        header=("Data set", "Scale", "Model", *titles, *tail),
        rows=tuple(body),
        labels=3,
        notes=(
            "Time and memory of enlarging alone; the peak is of the whole process, or on CUDA.",
            "kMAC/px: thousand multiply-adds in convolutions and matrix products a pixel of SR.",
        ),
    )


def extra_metrics(rows: Sequence[Row]) -> list[Metric]:
    """Return the metrics that were measured beside the usual ones."""
    known = [row.scores for row in rows if row.scores]
    return [
        metric
        for name, metric in EXTRA_METRICS.items()
        if any(getattr(scores, name) is not None for scores in known)
    ]


def _metric_cell(row: Row, metric: Metric) -> Cell:
    value: float | None = getattr(row.scores, metric.name) if row.scores else None
    return Cell(text=NOTHING if value is None else metric.text(value))


def failure_table(records: Sequence[Record]) -> Table:
    """List what could not be measured, and why."""
    failed = [record for record in records if record.error]
    return Table(
        caption="Not measured",
        header=("Data set", "Picture", "Scale", "Model", "Reason"),
        rows=tuple(
            tuple(
                Cell(text=text)
                for text in (
                    record.task.dataset,
                    record.task.image,
                    scale_text(record.task.scale),
                    record.task.conditions.model,
                    record.error,
                )
            )
            for record in failed
        ),
        labels=5,
    )


def _unusual(rows: Sequence[Row]) -> Iterator[str]:
    """Name the models that were run with options, and the scales of these runs."""
    found: dict[tuple[str, tuple[str, ...]], dict[float, None]] = {}
    for row in rows:
        words = tuple(word for word in row.conditions.unusual if word not in row.way.split())
        found.setdefault((row.model, words), {})[row.scale] = None
    for (model, words), scales in found.items():
        if words:
            yield f"{model} at {', '.join(map(scale_text, scales))}: {', '.join(words)}."


def quality_cell(row: Row | None, rivals: Sequence[Row]) -> Cell:
    """Return PSNR-Y / SSIM-Y of a row, marked if it is the best of its rivals."""
    if row is None or row.scores is None:
        return Cell(text=NOTHING)
    others = [
        rival.scores.psnr_y
        for rival in rivals
        if rival.scores and (rival.dataset, rival.scale) == (row.dataset, row.scale)
    ]
    return Cell(
        text=quality_text(row.scores) + ("*" if row.failed else ""),
        best=len(others) > 1 and row.scores.psnr_y == max(others),
    )


def size_cell(parameters: int) -> Cell:
    """Return a number of parameters in thousands, rounded as papers do."""
    return Cell(text=f"{round(parameters / 1000):,}" if parameters else NOTHING)


def work_cell(kmacs: float) -> Cell:
    """Return thousand multiply-adds for each pixel of SR."""
    return Cell(text=f"{kmacs:,.1f}" if kmacs else NOTHING)
