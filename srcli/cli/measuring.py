"""What is being measured, on the last line of the terminal; and at which scales."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Self

from srcli.cli.console import talk
from srcli.errors import UsageError

if TYPE_CHECKING:
    from srcli.bench.records import Record


class MeasuringStatus:
    """Names the last picture that was measured."""

    def __enter__(self) -> Self:
        self._status = talk.status("measuring")
        return self

    def on_record(self, record: Record) -> None:
        """Tell of a record; nothing shows before it, for the hub's client has its own progress."""
        task = record.task
        self._status.update(f"{task.dataset} x{task.scale:g} {task.image} {task.conditions.model}")
        self._status.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._status.stop()


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
