"""Tables as text: Markdown, LaTeX and CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence

from srcli.report.tables import Cell, Table

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
LATEX_ESCAPES = {
    "\\": r"\textbackslash{}",
    **{mark: f"\\{mark}" for mark in "&%$#_{}"},
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "\u2013": "--",
    "\u2020": r"\dag{}",
}


def markdown_table(table: Table) -> str:
    """Write a table as Markdown with its caption and notes, the best of each column in bold."""

    def line(cells: Iterable[str]) -> str:
        return "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |"

    rule = ["---"] * table.labels + ["--:"] * (len(table.header) - table.labels)
    rows = [line(f"**{c.text}**" if c.best else c.text for c in row) for row in table.rows]
    parts = [f"**{table.caption}**", "\n".join([line(table.header), line(rule), *rows])]
    if table.notes:
        parts.append("\n".join(f"- {note}" for note in table.notes))
    return "\n\n".join(parts)


def latex_table(table: Table) -> str:
    """Write a table as LaTeX for the booktabs package, the best of each column in bold."""

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


def csv_text(lines: Sequence[Mapping[str, object]]) -> str:
    """Write lines as CSV, a column for every name; no cell is a formula."""
    head = tuple(dict.fromkeys(name for line in lines for name in line))
    file = io.StringIO()
    writer = csv.DictWriter(file, head, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _plain(value) for name, value in line.items()} for line in lines)
    return file.getvalue()
