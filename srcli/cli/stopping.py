"""Let a long command end where it can go on later."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")


@contextmanager
def until_signal() -> Iterator[Callable[[], bool]]:
    """Turn the first request to end into a flag, so that the run can save; a second one ends it.

    Requests are Ctrl-C, SIGTERM and, where there is one, the end of the terminal.
    """
    seen: list[int] = []
    numbers = [getattr(signal, name) for name in SIGNALS if hasattr(signal, name)]

    def note(number: int, _: object) -> None:
        seen.append(number)
        restore()

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    before = {number: signal.signal(number, note) for number in numbers}
    try:
        yield lambda: bool(seen)
    finally:
        restore()
