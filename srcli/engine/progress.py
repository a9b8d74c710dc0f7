"""The listener to which the engine reports its progress."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Listener of one picture's work, counted in output pixels of all passes."""

    def begin(self, total: int) -> None:
        """Expect ``total`` units of work."""
        ...

    def advance(self, amount: int) -> None:
        """Count ``amount`` more as done."""
        ...


class SilentProgress:
    """Listens to nothing."""

    def begin(self, total: int) -> None:
        """Ignore the total."""

    def advance(self, amount: int) -> None:
        """Ignore the step."""
