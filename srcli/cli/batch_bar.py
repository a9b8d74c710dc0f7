"""The progress bar of a batch: one line at the bottom of the terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

from rich.progress import BarColumn, Progress, Task, TextColumn
from rich.table import Column, Table

from srcli.cli.console import talk
from srcli.cli.pace import Pace
from srcli.cli.printable import printable

if TYPE_CHECKING:
    from srcli.cli.tally import Tally
    from srcli.files.objects.address import Location

BAR_WIDTH = 24
FREE = 3
"""Columns at the end of the line."""
NEARLY = 0.99
"""Share of a picture that is done at most before its outcome is known."""


class _Narrow(Progress):
    """A progress bar that leaves the end of its line free.

    A terminal shows a typed Ctrl-C as ``^C`` there. On a full line it would go below the bar,
    and the bar would stay on the screen.
    """

    def make_tasks_table(self, tasks: Iterable[Task]) -> Table:
        """Return the line."""
        table = super().make_tasks_table(tasks)
        table.width = max(1, talk.width - FREE)
        return table


class BatchBar:
    """Shows ``5/30``, files a minute, the time left, and the picture that is worked on.

    Of a single picture it shows how far it is instead. Nothing shows where stderr is no
    terminal, or one that cannot move its cursor.

    Args:
        tally: what is counted elsewhere.
        shown: whether anything is to show.
        pace: measures the time.

    """

    def __init__(self, tally: Tally, *, shown: bool, pace: Pace | None = None) -> None:
        self._tally = tally
        self._pace = pace or Pace()
        self._name = ""
        self._note = ""
        self._total = 0
        self._done = 0
        self._share = 0.0
        self._bar = _Narrow(
            BarColumn(bar_width=BAR_WIDTH),
            TextColumn("{task.fields[numbers]}", table_column=Column(no_wrap=True)),
            TextColumn(
                "{task.fields[name]}",
                markup=False,
                style="dim",
                table_column=Column(no_wrap=True, overflow="ellipsis", ratio=1),
            ),
            console=talk,
            transient=True,
            disable=not shown or not talk.is_terminal or talk.is_dumb_terminal,
            redirect_stdout=sys.stdout.isatty(),
        )
        self._task = self._bar.add_task("", total=None, numbers="", name="starting")

    @property
    def shown(self) -> bool:
        """Tell whether there is a bar to look at."""
        return not self._bar.disable

    def start(self) -> None:
        """Show the bar."""
        self._bar.start()

    def stop(self) -> None:
        """Take it away."""
        self._bar.stop()

    def refresh(self) -> None:
        """Show it as it is now; it does so by itself some times a second."""
        self._bar.refresh()

    def found(self) -> None:
        """Show that there are more pictures."""
        self._pace.work()
        self._update()

    def picture(self, source: Location, note: str) -> None:
        """Show which picture is worked on."""
        self._name, self._note, self._share = printable(source.name), note, 0.0
        self.begin(0)

    def begin(self, total: int) -> None:
        """Count the pixels of one run over the picture from zero."""
        self._total, self._done = total, 0
        self._update()

    def advance(self, amount: int) -> None:
        """Count more of them; a second run over a picture does not move the bar back."""
        self._done += amount
        if self._total:
            self._share = max(self._share, min(self._done / self._total, NEARLY))
        self._update()

    def outcome(self) -> None:
        """Show that one more picture is reached."""
        self._share = 0.0
        if not self._tally.not_reached:
            self._pace.rest()
        self._update()

    def _update(self) -> None:
        tally = self._tally
        reached = tally.found - tally.not_reached
        several = tally.found > 1
        numbers = f"{self._share:4.0%}"
        name = f"{self._name}  {self._note}" if self._note else "starting"
        if several:
            pace = self._pace.words(made=tally.done, left=tally.not_reached)
            numbers = f"{reached}/{tally.found}  {pace}".rstrip()
            name = f"{self._share:4.0%} {self._name}" if self._name else name
        if tally.found and not tally.not_reached:
            name = "waiting for pictures"
        self._bar.update(
            self._task,
            total=tally.found or None,
            completed=reached + self._share,
            numbers=numbers,
            name=name,
        )
