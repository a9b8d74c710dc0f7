"""Writes a bench as Markdown, CSV, JSON and LaTeX."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

from srcli.bench.published import Choice, published_for, published_kmacs, published_parameters
from srcli.bench.published_table import has_published, published_table
from srcli.bench.records import SCHEMA, Conditions, Record, to_line
from srcli.bench.restoration_tables import is_restored, restoration_tables
from srcli.bench.summary import Row, summarize
from srcli.bench.tables import (
    detail_table,
    extra_metrics,
    failure_table,
    models_of,
    quality_table,
)
from srcli.bench.versus import Difference, differences, versus_table
from srcli.bench.ways import has_ways, ways_table
from srcli.metrics.catalog import METRICS
from srcli.metrics.protocol import PUBLISHED, Protocol
from srcli.report.formats import csv_text, json_text, latex_document, markdown_table
from srcli.report.tables import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a report of a bench holds.

    Attributes:
        records: every measurement.
        protocol: protocol of the measurements.
        published: which published methods the model is set beside; None for none.
        versus: model that the others are compared with picture by picture; empty for none.

    """

    records: tuple[Record, ...]
    protocol: Protocol = PUBLISHED
    published: Choice | None = None
    versus: str = ""

    @property
    def rows(self) -> tuple[Row, ...]:
        """The means."""
        return summarize(self.records)

    @property
    def differences(self) -> tuple[Difference, ...]:
        """The differences from ``versus``."""
        return differences(self.records, self.versus) if self.versus else ()

    @property
    def conditions(self) -> tuple[Conditions, ...]:
        """The conditions of the records, each of them once."""
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
    """Return those that apply: quality, differences, published methods, ways, details, failures."""
    rows = report.rows
    usual = [row for row in rows if not is_restored(row)]
    tables = [quality_table(usual, report.protocol)] if usual else []
    tables += restoration_tables(rows)
    if found := report.differences:
        tables.append(versus_table(found))
    if report.published and has_published(rows, report.published):
        tables.append(published_table(rows, _main_model(rows), report.published))
    if has_ways(rows):
        tables.append(ways_table(rows))
    tables.append(detail_table(rows))
    if any(record.error for record in report.records):
        tables.append(failure_table(report.records))
    return tuple(tables)


def to_markdown(report: Report) -> str:
    """Write all tables as Markdown, with the best of each column in bold."""
    conditions = "\n".join(f"- {condition_line(one)}" for one in report.conditions)
    return "\n\n".join([*map(markdown_table, tables_of(report)), conditions]) + "\n"


def to_latex(report: Report) -> str:
    """Write all tables as a LaTeX document, with the best of each column in bold."""
    return latex_document(tables_of(report), map(condition_line, report.conditions))


def to_csv(report: Report) -> str:
    """Write one line for each mean, with all digits, and one for each published method."""
    plain = (
        *("images", "failed", "seconds", "megapixels", "parameters"),
        *("kmacs", "peak_memory"),
    )
    metrics = [*METRICS, *(metric.name for metric in extra_metrics(report.rows))]
    lines = [
        {"dataset": row.dataset, "scale": row.scale}
        | asdict(row.conditions)
        | {name: getattr(row.scores, name, "") for name in metrics}
        | {name: getattr(row, name) for name in plain}
        | {"source": ""}
        for row in report.rows
    ]
    return csv_text([*lines, *_published_lines(report)])


def _published_lines(report: Report) -> Iterator[dict[str, object]]:
    """Yield a line for each published method, on each data set and at each scale measured."""
    if not report.published:
        return
    for dataset, scale in dict.fromkeys((row.dataset, row.scale) for row in report.rows):
        found: dict[tuple[str, str], dict[str, object]] = {}
        for metric in METRICS:
            for number in published_for(dataset, scale, metric, report.published):
                line = found.setdefault((number.method, number.source), {})
                line[metric] = str(number.value)
        for (method, source), values in found.items():
            thousands = published_parameters(method, scale)
            size: dict[str, object] = {"parameters": thousands * 1000} if thousands else {}
            if work := published_kmacs(method, scale):
                size["kmacs"] = round(work, 1)
            head = {"dataset": dataset, "scale": scale, "model": method, "source": source}
            yield head | values | size


def to_image_csv(report: Report) -> str:
    """Write one line for each measurement of a picture, with all digits."""
    return csv_text([json.loads(to_line(record)) for record in report.records])


def to_json(report: Report) -> str:
    """Write the means and the protocol as one JSON object. An infinite PSNR is ``"inf"``."""
    rows = [asdict(row) for row in report.rows]
    content = {"schema": SCHEMA, "protocol": asdict(report.protocol), "rows": rows}
    found = [asdict(one) for one in report.differences]
    return json_text(content | ({"differences": found} if found else {}))


def _main_model(rows: Sequence[Row]) -> str:
    """Return the first model that is no baseline, else the first."""
    networks = [row.model for row in rows if row.parameters]
    return (networks or models_of(rows))[0]
