"""A progress bar for one picture."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from srcli.cli.console import talk


class BarProgress:
    """The engine's progress as a Rich bar on stderr; silent where that is no terminal."""

    def __init__(self) -> None:
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TimeRemainingColumn(),
            console=talk,
            transient=True,
            disable=not talk.is_terminal,
        )
        self._task = self._bar.add_task("upscaling", total=None)

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

    def begin(self, total: int) -> None:
        """Start a picture of ``total`` units of work."""
        self._bar.reset(self._task, total=total)

    def advance(self, amount: int) -> None:
        """Count ``amount`` more as done."""
        self._bar.advance(self._task, amount)
