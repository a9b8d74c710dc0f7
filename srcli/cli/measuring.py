"""What is being measured, on the last line of the terminal; and at which scales."""

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
def measuring_status() -> Iterator[Callable[[Record], None]]:
    """Show the last picture that was measured; the block gets what to tell of a record.

    Nothing shows before the first, for the hub's client has its own progress.
    """
    status = talk.status("measuring")

    def on_record(record: Record) -> None:
        task = record.task
        words = f"{task.dataset} x{task.scale:g} {task.image} {task.conditions.model}"
        status.update(Text(printable(words)))
        status.start()

    try:
        yield on_record
    finally:
        status.stop()


def parse_scales(text: str) -> tuple[float, ...]:
    """Read factors parted by commas.

    Raises:
        UsageError: one of them is no number.

    """
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError as error:
        msg = f"{text!r} is no list of scales"
        raise UsageError(msg, hint="write 2,2.7,4") from error
