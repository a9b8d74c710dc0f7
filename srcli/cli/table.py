"""Tables on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import JustifyMethod
from rich.measure import Measurement
from rich.table import Table as RichTable
from rich.text import Text

from srcli.cli.console import SafeConsole

if TYPE_CHECKING:
    from srcli.report.tables import Table

PIPE_WIDTH = 160
BOUNDLESS = 10_000


def show_table(table: Table) -> None:
    """Print a table with its caption and notes to stdout."""
    console = _make_console()
    title = Text(console.safe(table.caption))
    shown = RichTable(title=title, title_justify="left", box=None, pad_edge=False)
    for at, head in enumerate(table.header):
        justify: JustifyMethod = "left" if at < table.labels else "right"
        shown.add_column(Text(console.safe(head)), justify=justify, no_wrap=True)
    for row in table.rows:
        shown.add_row(
            *(Text(console.safe(cell.text), style="bold" if cell.best else "") for cell in row)
        )
    _print_whole(console, shown)
    for note in table.notes:
        console.print(console.safe(note), style="dim", soft_wrap=True)
    console.print()


def print_whole(shown: RichTable) -> None:
    """Print a table to stdout with no cell cut."""
    _print_whole(_make_console(), shown)


def _make_console() -> SafeConsole:
    return SafeConsole(highlight=False, markup=False, emoji=False)


def _print_whole(console: SafeConsole, shown: RichTable) -> None:
    if not console.is_terminal:
        console.width = PIPE_WIDTH
    console.width = max(console.width, _natural_width(console, shown))
    console.print(shown, crop=False)


def _natural_width(console: SafeConsole, shown: RichTable) -> int:
    """Return the columns that no cell is cut in: a line may run over, a number may not be lost."""
    boundless = console.options.update(max_width=BOUNDLESS)
    return Measurement.get(console, boundless, shown).maximum
