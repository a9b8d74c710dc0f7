"""Makes the tables of restored pictures, each as the papers print its task."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from srcli.bench.spoiling import Kind, split_spoiling
from srcli.bench.summary import Row
from srcli.metrics.protocol import Protocol, Scores
from srcli.metrics.restoration import GRAY_RESTORATION, RESTORATION
from srcli.report.tables import NOTHING, Cell, Table

Column = Callable[[Scores], float | None]
COLOUR: Mapping[str, tuple[Column, int]] = {
    "PSNR-RGB, dB": (lambda scores: scores.psnr_rgb, 2),
    "PSNR-Y, dB": (lambda scores: scores.psnr_y, 2),
    "SSIM-Y": (lambda scores: scores.ssim_y, 4),
}
GRAY: Mapping[str, tuple[Column, int]] = {
    "PSNR, dB": (lambda scores: scores.psnr_y, 2),
    "SSIM": (lambda scores: scores.ssim_y, 4),
    "PSNR-B, dB": (lambda scores: scores.psnr_b, 2),
}
TASKS: Mapping[Kind, tuple[str, Mapping[str, tuple[Column, int]], Protocol]] = {
    "NOISE": ("Colour noise, removed", COLOUR, RESTORATION),
    "YJPEG": ("Compressed luma, restored", GRAY, GRAY_RESTORATION),
    "MOSAIC": ("Bayer mosaic, filled up", COLOUR, RESTORATION),
}
"""Caption, columns and protocol of each task."""


def is_restored(row: Row) -> bool:
    """Tell whether a row is one of restored pictures."""
    return split_spoiling(row.dataset)[1] is not None


def restoration_tables(rows: Sequence[Row]) -> list[Table]:
    """Return a table for each task among the rows: a line for each data set, level and model."""
    tables = []
    for kind, (caption, columns, protocol) in TASKS.items():
        mine = [row for row in rows if (how := split_spoiling(row.dataset)[1]) and how.kind == kind]
        if mine:
            tables.append(
                Table(
                    caption=caption,
                    header=("Data set", "Model", *columns),
                    rows=tuple(_line(row, mine, columns) for row in mine),
                    labels=2,
                    notes=(
                        f"Protocol {protocol.name}: {protocol.description}.",
                        "At scale 1, nearest shows the pictures as they are given.",
                    ),
                )
            )
    return tables


def _line(
    row: Row, rows: Sequence[Row], columns: Mapping[str, tuple[Column, int]]
) -> tuple[Cell, ...]:
    rivals = [other.scores for other in rows if other.dataset == row.dataset and other.scores]
    cells = []
    for read, decimals in columns.values():
        value = read(row.scores) if row.scores else None
        best = max((found for one in rivals if (found := read(one)) is not None), default=None)
        text = NOTHING if value is None else f"{value:.{decimals}f}"
        cells.append(Cell(text=text, best=len(rivals) > 1 and value is not None and value == best))
    return (Cell(text=row.dataset), Cell(text=row.model), *cells)
