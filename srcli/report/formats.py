"""Tables as text: Markdown, LaTeX, CSV and JSON."""

from __future__ import annotations

import csv
import io
import json
import math
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
    "\u00d7": r"$\times$",
    "\u00b7": r"\textperiodcentered{}",
}


def markdown_table(table: Table) -> str:
    """Write a table as Markdown with its caption and notes, the best of each column in bold.

    A cell stays on one line. A table without a caption begins with its header.
    """

    def line(cells: Iterable[str]) -> str:
        return (
            "| " + " | ".join(cell.replace("|", r"\|").replace("\n", " ") for cell in cells) + " |"
        )

    rule = ["---"] * table.labels + ["--:"] * (len(table.header) - table.labels)
    rows = [line(f"**{c.text}**" if c.best else c.text for c in row) for row in table.rows]
    caption = f"**{table.caption}**" if table.caption else ""
    grid = "\n".join([line(table.header), line(rule), *rows])
    notes = "\n".join(f"- {note}" for note in table.notes)
    return "\n\n".join(part for part in (caption, grid, notes) if part)


PREAMBLE = r"""\documentclass[twocolumn]{article}
\usepackage[T1]{fontenc}
\usepackage[utf8]{inputenc}
\usepackage{booktabs,graphicx}
\newsavebox{\srclitable}
\newcommand{\fitted}{\ifdim\wd\srclitable>\columnwidth
  \resizebox{\columnwidth}{!}{\usebox{\srclitable}}\else\usebox{\srclitable}\fi}
\begin{document}"""
"""What comes before the tables of ``latex_table``, whose boxes it makes as wide as a column."""


def latex_document(tables: Sequence[Table], comments: Iterable[str]) -> str:
    """Write tables as a LaTeX document that compiles by itself, in two columns."""
    notes = "\n".join(f"% {comment}" for comment in comments)
    body = [latex_table(table) for table in tables]
    return "\n\n".join([PREAMBLE, *body, notes, r"\end{document}"]) + "\n"


def latex_table(table: Table) -> str:
    r"""Write a table as LaTeX for the booktabs package, the best of each column in bold.

    It uses ``\fitted`` and ``\srclitable`` of ``PREAMBLE``.
    """

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
            r"\centering",
            rf"\caption{{{_latex_text(table.caption)}}}",
            r"\begin{lrbox}{\srclitable}",
            rf"\begin{{tabular}}{{{columns}}}",
            r"\toprule",
            " & ".join(map(_latex_text, table.header)) + r" \\",
            r"\midrule",
            *body,
            r"\bottomrule",
            r"\end{tabular}",
            r"\end{lrbox}",
            r"\fitted",
            r"\end{table}",
        ]
    )


def _latex_text(text: str) -> str:
    return "".join(LATEX_ESCAPES.get(mark, mark) for mark in text)


def _plain(value: object) -> object:
    """Put an apostrophe before text that spreadsheets would run as a formula.

    A carriage return becomes a space: the writer does not quote it, and it would begin a line.
    """
    if not isinstance(value, str):
        return value
    return ("'" if value.startswith(FORMULA_STARTS) else "") + value.replace("\r", " ")


def json_text(content: object) -> str:
    """Write dictionaries, sequences and plain values as strict JSON; see ``json_value``."""
    return json.dumps(json_value(content), ensure_ascii=False, allow_nan=False, indent=2) + "\n"


def json_value(value: object) -> object:
    """Replace infinite numbers, which JSON lacks, by the text ``inf`` wherever they are."""
    if isinstance(value, Mapping):
        return {key: json_value(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [json_value(item) for item in value]
    return "inf" if value == math.inf else value


def csv_text(lines: Sequence[Mapping[str, object]]) -> str:
    """Write lines as CSV with a column for every name. No cell is a formula."""
    head = tuple(dict.fromkeys(name for line in lines for name in line))
    file = io.StringIO()
    writer = csv.DictWriter(file, head, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _plain(value) for name, value in line.items()} for line in lines)
    return file.getvalue()
