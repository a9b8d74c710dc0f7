"""A progress bar for one download."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from srcli.cli.console import talk
from srcli.cli.printable import printable


class DownloadProgress:
    """Bytes as they come, on stderr; silent where that is no terminal, or nothing comes."""

    def __init__(self, name: str) -> None:
        self._bar = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            DownloadColumn(),
            TransferSpeedColumn(),
            console=talk,
            transient=True,
            disable=not talk.is_terminal,
        )
        self._task = self._bar.add_task(printable(name), total=None, visible=False)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.stop()

    def advance_to(self, done: int, total: int) -> None:
        """Show that ``done`` of ``total`` bytes are there."""
        self._bar.update(self._task, completed=done, total=total, visible=True)
