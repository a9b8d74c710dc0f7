"""Sets the ways to run one model beside each other: what each costs, and what it brings."""

from __future__ import annotations

from collections.abc import Sequence

from srcli.bench.summary import Row
from srcli.bench.tables import quality_text, scale_text
from srcli.report.tables import NOTHING, Cell, Table


def has_ways(rows: Sequence[Row]) -> bool:
    """Tell whether a model was run in several ways."""
    return any(row.way for row in rows)


def ways_table(rows: Sequence[Row]) -> Table:
    """List each way of each model, with what differs from the first one."""
    first: dict[tuple[str, float, str], Row] = {}
    for row in rows:
        first.setdefault((row.dataset, row.scale, row.conditions.model), row)
    several = {(row.dataset, row.scale, row.conditions.model) for row in rows if row.way}
    body = []
    for row in rows:
        place = (row.dataset, row.scale, row.conditions.model)
        if place in several:
            body.append(_cells(row, first[place]))
    return Table(
        caption="Ways to run a model",
        header=(
            *("Data set", "Scale", "Model", "PSNR-Y / SSIM-Y", "Difference, dB"),
            *("s/Mpx", "Times", "Peak MB"),
        ),
        rows=tuple(body),
        labels=3,
        notes=("Differences and times are those from the first way of the same model.",),
    )


def _cells(row: Row, plain: Row) -> tuple[Cell, ...]:
    gain, times = NOTHING, NOTHING
    if row.scores and plain.scores and row is not plain:
        gain = f"{row.scores.psnr_y - plain.scores.psnr_y:+z.3f}"
    if row.speed and plain.speed and row is not plain:
        times = f"{plain.speed / row.speed:.2f}"
    texts = (
        row.dataset,
        scale_text(row.scale),
        row.model,
        quality_text(row.scores) if row.scores else NOTHING,
        gain,
        f"{1 / row.speed:.3g}" if row.speed else NOTHING,
        times,
        f"{row.peak_memory / 1e6:,.0f}" if row.peak_memory else NOTHING,
    )
    return tuple(Cell(text=text) for text in texts)
