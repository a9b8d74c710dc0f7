"""How much memory the pictures in the works may take together."""

from __future__ import annotations

import threading


class BudgetClosed(Exception):
    """The run is over; whoever waits for memory need wait no longer."""


class ByteBudget:
    """Bytes that threads take and give back.

    An amount larger than the whole limit is granted too, but alone: a picture is never refused
    for being large, it only waits until there is nothing beside it.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._taken = 0
        self._closed = False
        self._changed = threading.Condition()

    def acquire(self, amount: int) -> None:
        """Wait until there is room for ``amount`` bytes, and take them.

        Raises:
            BudgetClosed: there never will be.

        """
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._has_room(amount))
            if self._closed:
                raise BudgetClosed
            self._taken += amount

    def release(self, amount: int) -> None:
        """Give ``amount`` bytes back."""
        with self._changed:
            self._taken -= amount
            self._changed.notify_all()

    def close(self) -> None:
        """Refuse every later request for memory."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _has_room(self, amount: int) -> bool:
        return self._taken == 0 or self._taken + amount <= self.limit
