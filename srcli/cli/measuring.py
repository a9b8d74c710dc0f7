"""Show what is being measured on the last line of the terminal, and read lists of scales."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import TYPE_CHECKING

from rich.text import Text

from srcli.cli.console import talk
from srcli.cli.printable import printable
from srcli.errors import UsageError

if TYPE_CHECKING:
    from srcli.bench.records import Record

MOST_SCALES = 1000
"""Length of a range of scales that is no mistake."""


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
    """Read factors parted by commas, and ranges such as ``1.1..8:0.1``, both ends included.

    Raises:
        UsageError: one of them is no number, or a range is empty or endless.

    """
    try:
        return tuple(float(one) for part in text.split(",") for one in _factors(part))
    except (ValueError, ArithmeticError) as error:
        msg = f"{text!r} is no list of scales."
        raise UsageError(msg, hint="Write 2,2.7,4 or 1.1..8:0.1.") from error


def _factors(part: str) -> list[Decimal]:
    """Return one factor, or those of a range, in exact decimals.

    Raises:
        ValueError, ArithmeticError: it is neither.

    """
    first, _, rest = part.partition("..")
    if not rest:
        return [Decimal(part.strip())]
    last, _, step = rest.partition(":")
    low, high, by = Decimal(first), Decimal(last), Decimal(step)
    if not (low <= high and by > 0) or (high - low) / by >= MOST_SCALES:
        raise ValueError(part)
    return [low + by * n for n in range(int((high - low) / by) + 1)]
