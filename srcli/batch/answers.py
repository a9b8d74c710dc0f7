"""What the driver of a cluster waits for: calls of its actors, and requests to a store."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any

REQUESTS = 32
"""Pictures of which a store is asked at once: at 50 ms a request, some hundreds a second."""

Take = Callable[["Future[Any]"], None]
"""Takes in an answer, in the thread that waits."""


class Answers:
    """Answers that will come, in any order, to the one thread that waits for them."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(REQUESTS, "request")
        self._came: SimpleQueue[Future[Any]] = SimpleQueue()
        self._expected: dict[Future[Any], tuple[object, Take]] = {}
        self.requests = 0

    def expect(self, answer: Future[Any], take: Take, *, of: object = None) -> None:
        """Have ``take`` called with an answer once it is there; ``of`` says whose it is."""
        self._expected[answer] = of, take
        answer.add_done_callback(self._came.put)

    def request(self, work: Callable[[], object], take: Take) -> None:
        """Do work in another thread, and have ``take`` called with what it returns."""
        self.requests += 1
        self.expect(self._threads.submit(work), take, of=self)

    def forget(self, of: object) -> None:
        """Expect no more answers of somebody who is gone."""
        self._expected = {
            answer: (whose, take)
            for answer, (whose, take) in self._expected.items()
            if whose is not of
        }

    def take(self, patience: float) -> bool:
        """Wait for an answer, and have all taken that are there; False if none came in time."""
        try:
            answer = self._came.get(timeout=patience)
        except Empty:
            return False
        with suppress(Empty):
            while True:
                self._take(answer)
                answer = self._came.get_nowait()
        return True

    def _take(self, answer: Future[Any]) -> None:
        of, take = self._expected.pop(answer, (None, None))
        if of is self:
            self.requests -= 1
        if take:
            take(answer)

    def close(self) -> None:
        """Begin no more requests, and wait for those that are on their way."""
        self._threads.shutdown(cancel_futures=True)
