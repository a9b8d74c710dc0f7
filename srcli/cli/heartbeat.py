"""Say that the work goes on, where nothing else has been said for a while."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Self

from srcli.errors import ResourceError


class Heartbeat:
    """Calls ``tell`` from a thread of its own whenever ``beat`` was not called for a while.

    Args:
        tell: given the seconds since the work began.
        every: seconds of silence.

    """

    def __init__(self, tell: Callable[[float], None], *, every: float) -> None:
        self._tell = tell
        self._every = every
        self._failure: ResourceError | None = None
        self._ended = threading.Event()
        self._began = self._last = time.monotonic()
        self._thread = threading.Thread(target=self._watch, name="heartbeat", daemon=True)

    def __enter__(self) -> Self:
        self._began = self._last = time.monotonic()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def beat(self) -> None:
        """Something else is said.

        Raises:
            ResourceError: a sign of life could not be written, and nothing else can be.

        """
        if self._failure:
            raise self._failure
        self._last = time.monotonic()

    def _watch(self) -> None:
        left = self._every
        while not self._ended.wait(max(left, 0)):
            left = self._last + self._every - time.monotonic()
            if left <= 0:
                self.beat()
                left = self._every
                try:
                    self._tell(self._last - self._began)
                except ResourceError as error:
                    self._failure = error
                    return
                except (OSError, ValueError):  # whoever listened is gone, which others find out
                    return
