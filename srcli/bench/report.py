"""A bench as text: Markdown, CSV, JSON and LaTeX."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass

from srcli.bench.records import SCHEMA, Conditions, Record, to_line
from srcli.bench.summary import Row, summarize
from srcli.bench.tables import (
    Cell,
    Table,
    detail_table,
    failure_table,
    has_published,
    models_of,
    published_table,
    quality_table,
)
from srcli.metrics.catalog import METRICS
from srcli.metrics.protocol import PUBLISHED, Protocol

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
LATEX_ESCAPES = {
    "\\": r"\textbackslash{}",
    **{mark: f"\\{mark}" for mark in "&%$#_{}"},
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "\u2013": "--",
    "\u2020": r"\dag{}",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What is to be told of a bench.

    Attributes:
        records: every measurement.
        protocol: by which they were made.
        published: whether to set the model beside published methods.

    """

    records: tuple[Record, ...]
    protocol: Protocol = PUBLISHED
    published: bool = False

    @property
    def rows(self) -> tuple[Row, ...]:
        """The means."""
        return summarize(self.records)

    @property
    def conditions(self) -> tuple[Conditions, ...]:
        """What ran, once each."""
        return tuple(dict.fromkeys(row.conditions for row in self.rows))


def condition_line(conditions: Conditions) -> str:
    """Write conditions in one line: model, version of the tool, device, precision, weights."""
    weights = " + ".join(one[:12] for one in conditions.model_sha256.split("+"))
    parts = (
        conditions.model,
        f"srcli {conditions.tool_version}",
        conditions.device,
        conditions.dtype,
        conditions.options,
        weights and f"sha256 {weights}",
    )
    return " · ".join(part for part in parts if part)


def tables_of(report: Report) -> tuple[Table, ...]:
    """Return the tables that apply: quality, published methods, details, failures."""
    rows = report.rows
    tables = [quality_table(rows, report.protocol)]
    if report.published and has_published(rows):
        tables.append(published_table(rows, _main_model(rows)))
    tables.append(detail_table(rows))
    if any(record.error for record in report.records):
        tables.append(failure_table(report.records))
    return tuple(tables)


def to_markdown(report: Report) -> str:
    """All tables as Markdown, the best of each column in bold."""
    conditions = "\n".join(f"- {condition_line(one)}" for one in report.conditions)
    return "\n\n".join([*map(_markdown, tables_of(report)), conditions]) + "\n"


def to_latex(report: Report) -> str:
    """All tables as LaTeX, for the booktabs package, the best of each column in bold."""
    conditions = "\n".join(f"% {condition_line(one)}" for one in report.conditions)
    return "\n\n".join([*map(_latex, tables_of(report)), conditions]) + "\n"


def to_csv(report: Report) -> str:
    """The means, one line each, with all digits."""
    plain = (
        *("images", "failed", "seconds", "megapixels", "parameters"),
        *("kmacs", "peak_memory"),
    )
    lines = [
        {"dataset": row.dataset, "scale": row.scale}
        | asdict(row.conditions)
        | {name: getattr(row.scores, name, "") for name in METRICS}
        | {name: getattr(row, name) for name in plain}
        for row in report.rows
    ]
    return _csv(lines)


def to_image_csv(report: Report) -> str:
    """Every measurement of every picture, one line each, with all digits."""
    return _csv([json.loads(to_line(record)) for record in report.records])


def to_json(report: Report) -> str:
    """The means, and the protocol, as one JSON object; an infinite PSNR is ``"inf"``."""
    rows = [asdict(row) for row in report.rows]
    for row in rows:
        row["scores"] = row["scores"] and {
            name: value if math.isfinite(value) else "inf" for name, value in row["scores"].items()
        }
    content = {"schema": SCHEMA, "protocol": asdict(report.protocol), "rows": rows}
    return json.dumps(content, ensure_ascii=False, allow_nan=False, indent=2) + "\n"


def _main_model(rows: Sequence[Row]) -> str:
    """Return the first model that is no baseline, else the first."""
    networks = [row.model for row in rows if row.parameters]
    return (networks or models_of(rows))[0]


def _markdown(table: Table) -> str:
    def line(cells: Iterable[str]) -> str:
        return "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |"

    rule = ["---"] * table.labels + ["--:"] * (len(table.header) - table.labels)
    rows = [line(f"**{c.text}**" if c.best else c.text for c in row) for row in table.rows]
    parts = [f"**{table.caption}**", "\n".join([line(table.header), line(rule), *rows])]
    if table.notes:
        parts.append("\n".join(f"- {note}" for note in table.notes))
    return "\n\n".join(parts)


def _latex(table: Table) -> str:
    def cell(cell: Cell) -> str:
        text = _latex_text(cell.text)
        return rf"\textbf{{{text}}}" if cell.best else text

    columns = "l" * table.labels + "r" * (len(table.header) - table.labels)
    body: list[str] = []
    for at, row in enumerate(table.rows):
        if at and row[0].text != table.rows[at - 1][0].text:
            body.append(r"\midrule")
        body.append(" & ".join(map(cell, row)) + r" \\")
    return "\n".join(
        [
            *(f"% {note}" for note in table.notes),
            r"\begin{table}",
            rf"\caption{{{_latex_text(table.caption)}}}",
            rf"\begin{{tabular}}{{{columns}}}",
            r"\toprule",
            " & ".join(map(_latex_text, table.header)) + r" \\",
            r"\midrule",
            *body,
            r"\bottomrule",
            r"\end{tabular}",
            r"\end{table}",
        ]
    )


def _latex_text(text: str) -> str:
    return "".join(LATEX_ESCAPES.get(mark, mark) for mark in text)


def _plain(value: object) -> object:
    """Put an apostrophe before text that spreadsheets would run as a formula.

    A carriage return, which the writer does not quote, would begin a new line.
    """
    if not isinstance(value, str):
        return value
    return ("'" if value.startswith(FORMULA_STARTS) else "") + value.replace("\r", " ")


def _csv(lines: Sequence[Mapping[str, object]]) -> str:
    head = tuple(dict.fromkeys(name for line in lines for name in line))
    file = io.StringIO()
    writer = csv.DictWriter(file, head, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _plain(value) for name, value in line.items()} for line in lines)
    return file.getvalue()
