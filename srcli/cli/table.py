"""Tables on a terminal: no cell is cut, however narrow the terminal is."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.text import Text

from srcli.cli.console import SafeConsole

if TYPE_CHECKING:
    from srcli.report.tables import Table

GAP = "  "


def show_table(table: Table) -> None:
    """Print a table with its caption and notes to stdout."""
    console = SafeConsole(highlight=False, markup=False, emoji=False)
    console.print(Text(console.safe(table.caption)), soft_wrap=True)
    texts = [[cell.text for cell in row] for row in table.rows]
    safe = [[console.safe(text) for text in row] for row in (table.header, *texts)]
    columns = range(len(table.header))
    header, *rows = aligned(safe, numbers=columns[table.labels :])
    console.print(Text(GAP.join(header), style="bold"), soft_wrap=True)
    for texts_of_row, row in zip(rows, table.rows, strict=True):
        cells = zip(texts_of_row, row, strict=True)
        parts = [Text(text, style="bold" if cell.best else "") for text, cell in cells]
        console.print(Text(GAP).join(parts), soft_wrap=True)
    for note in table.notes:
        console.print(console.safe(note), style="dim", soft_wrap=True)
    console.print()


def aligned(
    rows: Sequence[Sequence[str]], *, numbers: Container[int] = (), ragged: int = 1
) -> Iterator[list[str]]:
    """Pad the cells of rows to equal widths.

    Args:
        rows: rows of equal length; the header is one of them.
        numbers: columns whose cells are aligned at their right.
        ragged: how many columns at the end are not padded at their right.

    """
    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    last = len(widths) - ragged
    for row in rows:
        spaces = [" " * (width - cell_len(cell)) for cell, width in zip(row, widths, strict=True)]
        yield [
            space + cell if at in numbers else cell + space * (at < last)
            for at, (cell, space) in enumerate(zip(row, spaces, strict=True))
        ]
