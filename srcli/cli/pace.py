"""Measure how fast a batch goes, and estimate how long the rest takes."""

from __future__ import annotations

import time
from collections.abc import Callable


class Pace:
    """Measures the time in which there was work; waiting for more pictures is none.

    Args:
        clock: seconds that pass, from any beginning.

    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._before = 0.0
        self._since: float | None = None

    def work(self) -> None:
        """Measure from now on."""
        if self._since is None:
            self._since = self._clock()

    def rest(self) -> None:
        """Measure no more, until there is work again."""
        self._before = self.seconds
        self._since = None

    @property
    def seconds(self) -> float:
        """Time spent at work."""
        return self._before + (0.0 if self._since is None else self._clock() - self._since)

    def words(self, *, made: int, left: int) -> str:
        """Say such as ``12.3 files/min  0:45 left``; nothing before the first file.

        Args:
            made: files that were made: those that were skipped or refused took next to no time.
            left: files that are still to be made.

        """
        if not made or not self.seconds:
            return ""
        rate = f"{60 * made / self.seconds:.1f} files/min"
        return f"{rate}  {_clock_time(self.seconds / made * left)} left" if left else rate


def _clock_time(seconds: float) -> str:
    whole = round(seconds)
    hours, minutes = whole // 3600, whole // 60 % 60
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"
