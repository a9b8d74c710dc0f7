"""Makes the tables of a report of a bench."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product

from srcli.bench.published import PublishedNumber, published_for, published_parameters
from srcli.bench.records import Record
from srcli.bench.summary import Row
from srcli.metrics.catalog import METRICS
from srcli.metrics.protocol import Protocol, Scores
from srcli.report.tables import NOTHING, Cell, Table

DAGGER = "\u2020"


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
            cells = [
                _quality_cell(found.get((scale, model, dataset)), rows) for dataset in datasets
            ]
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
        work = f"{row.kmacs:,.1f}" if row and row.kmacs else NOTHING
        body.append((*cells, _size_cell(row.parameters // 1000 if row else 0), Cell(text=work)))
    return replace(table, header=(*table.header, "Parameters, k", "kMAC/px"), rows=tuple(body))


def detail_table(rows: Sequence[Row]) -> Table:
    """List every metric, and speed and size of the model, in one row for each mean."""
    body = []
    for row in rows:
        metrics = [
            Cell(text=metric.text(getattr(row.scores, name)) if row.scores else NOTHING)
            for name, metric in METRICS.items()
        ]
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
    titles = [f"{metric.title} {metric.unit}".strip() for metric in METRICS.values()]
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


def has_published(rows: Sequence[Row]) -> bool:
    """Tell whether a paper reports PSNR for any of these data sets and scales."""
    return any(
        published_for(row.dataset, row.scale, metric)
        for row in rows
        for metric in ("psnr_y", "psnr_rgb")
    )


def published_table(rows: Sequence[Row], model: str) -> Table:
    """Set ``model`` beside every published method. Brackets tell by how much it is better."""
    datasets = datasets_of(rows)
    mine = {(row.scale, row.dataset): row for row in rows if row.model == model}
    sources: list[str] = []
    body: list[tuple[Cell, ...]] = []
    for scale in scales_of(rows):
        cells = [_quality_cell(mine.get((scale, dataset)), ()) for dataset in datasets]
        own = next((row.parameters for row in rows if row.model == model), 0)
        label = Cell(text=f"{model}, measured")
        body.append((Cell(text=scale_text(scale)), label, *cells, _size_cell(own // 1000)))
        body += _published_rows(scale, datasets, mine, sources)
    return Table(
        caption=f"Published PSNR-Y in dB / SSIM-Y, and how much better {model} is in PSNR-Y",
        header=("Scale", "Method", *datasets, "Parameters, k"),
        rows=tuple(body),
        labels=2,
        notes=(
            *(f"[{number}] {source}" for number, source in enumerate(sources, start=1)),
            *_remarks(rows),
            "Papers measure by protocols of their own: see how far their bicubic is from ours.",
        ),
    )


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
        found.setdefault((row.model, row.conditions.unusual), {})[row.scale] = None
    for (model, words), scales in found.items():
        if words:
            yield f"{model} at {', '.join(map(scale_text, scales))}: {', '.join(words)}."


def _quality_cell(row: Row | None, rivals: Sequence[Row]) -> Cell:
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


def _published_rows(
    scale: float,
    datasets: Sequence[str],
    mine: dict[tuple[float, str], Row],
    sources: list[str],
) -> list[tuple[Cell, ...]]:
    """Return a row for each method and source, adding the source to ``sources``."""
    psnr = [
        _by_method(dataset, scale, "psnr_y") or _by_method(dataset, scale, "psnr_rgb")
        for dataset in datasets
    ]
    ssim = [_by_method(dataset, scale, "ssim_y") for dataset in datasets]
    body = []
    for key in dict.fromkeys(key for column in psnr for key in column):
        method, source = key
        if source not in sources:
            sources.append(source)
        cells = [
            _published_cell(psnr[at].get(key), ssim[at].get(key), mine.get((scale, dataset)))
            for at, dataset in enumerate(datasets)
        ]
        label = f"{method} [{sources.index(source) + 1}]"
        size = _size_cell(published_parameters(method, scale))
        body.append((Cell(text=scale_text(scale)), Cell(text=label), *cells, size))
    return body


def _size_cell(thousands: int) -> Cell:
    return Cell(text=f"{thousands:,}" if thousands else NOTHING)


def _by_method(dataset: str, scale: float, metric: str) -> dict[tuple[str, str], PublishedNumber]:
    found = published_for(dataset, scale, metric)
    return {(number.method, number.source): number for number in found}


def _published_cell(
    psnr: PublishedNumber | None, ssim: PublishedNumber | None, row: Row | None
) -> Cell:
    if psnr is None:
        return Cell(text=NOTHING)
    text = f"{psnr.value} / {ssim.value}" if ssim else f"{psnr.value}"
    text += " RGB" if psnr.metric == "psnr_rgb" else ""
    if row and row.scores:
        text += f" ({getattr(row.scores, psnr.metric) - float(psnr.value):+.2f})"
    odd = psnr.remark or (ssim and ssim.remark)
    return Cell(text=f"{text} {DAGGER}" if odd else text)


def _remarks(rows: Sequence[Row]) -> Iterator[str]:
    for dataset, scale, metric in product(datasets_of(rows), scales_of(rows), METRICS):
        for number in published_for(dataset, scale, metric):
            if number.remark:
                place = f"{number.method}, {dataset} x{scale_text(scale)}, {METRICS[metric].title}"
                yield f"{DAGGER} {place}: {number.remark}"
