"""Tables on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.measure import Measurement
from rich.table import Table as RichTable
from rich.text import Text

if TYPE_CHECKING:
    from srcli.bench.tables import Table

PIPE_WIDTH = 160
BOUNDLESS = 10_000


def show_table(table: Table) -> None:
    """Print a table with its caption and notes to stdout."""
    shown = RichTable(title=Text(table.caption), title_justify="left", box=None, pad_edge=False)
    for at, head in enumerate(table.header):
        shown.add_column(head, justify="left" if at < table.labels else "right", no_wrap=True)
    for row in table.rows:
        shown.add_row(*(Text(cell.text, style="bold" if cell.best else "") for cell in row))
    console = print_whole(shown)
    for note in table.notes:
        console.print(note, style="dim", soft_wrap=True)
    console.print()


def print_whole(shown: RichTable) -> Console:
    """Print a table to stdout with no cell cut, and return the console for what follows."""
    console = Console(highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console.width = PIPE_WIDTH
    console.width = max(console.width, _natural_width(console, shown))
    console.print(shown, crop=False)
    return console


def _natural_width(console: Console, shown: RichTable) -> int:
    """Return the columns that no cell is cut in: a line may run over, a number may not be lost."""
    boundless = console.options.update(max_width=BOUNDLESS)
    return Measurement.get(console, boundless, shown).maximum
