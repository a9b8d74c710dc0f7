"""Show what is being measured on the last line of the terminal, and read lists of scales."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.text import Text

from srcli.cli.console import talk
from srcli.cli.printable import printable
from srcli.errors import UsageError

if TYPE_CHECKING:
    from srcli.bench.records import Record


@contextmanager
def status_line(words: str) -> Iterator[Callable[[str], None]]:
    """Show what is being done, on the last line of the terminal; the block gets what changes it.

    Nothing shows before the first change, for the hub's client has its own progress.
    """
    status = talk.status(words)

    def show(words: str) -> None:
        status.update(Text(printable(words)))
        status.start()

    try:
        yield show
    finally:
        status.stop()


@contextmanager
def measuring_status() -> Iterator[Callable[[Record], None]]:
    """Show the last picture that was measured; the block gets what to tell of a record."""
    with status_line("measuring") as show:

        def on_record(record: Record) -> None:
            task = record.task
            show(f"{task.dataset} x{task.scale:g} {task.image} {task.conditions.model}")

        yield on_record


def parse_scales(text: str) -> tuple[float, ...]:
    """Read factors parted by commas.

    Raises:
        UsageError: one of them is no number.

    """
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError as error:
        msg = f"{text!r} is no list of scales."
        raise UsageError(msg, hint="Write 2,2.7,4.") from error
