"""Count the pictures that were done, skipped and failed."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from srcli.cli import errors
from srcli.errors import ImageError

if TYPE_CHECKING:
    from srcli.batch.outcome import Outcome


@dataclass(slots=True)
class Tally:
    """Counts that must add up to what was found, or the exit code says so.

    ``models`` counts the pictures of each model that was chosen for them, not asked for.
    """

    found: int = 0
    done: int = 0
    skipped: int = 0
    failed: int = 0
    models: Counter[str] = field(default_factory=Counter)
    megapixels: float = 0.0
    code: int = errors.DONE
    began: float = field(default_factory=time.monotonic)

    def start(self, found: int) -> None:
        """Begin to count, and to measure time; or go on with ``found`` more pictures."""
        if self.found == 0:
            self.began = time.monotonic()
        self.found += found

    def add(self, outcome: Outcome) -> None:
        """Count what became of one picture."""
        from srcli.batch.outcome import Failed, Skipped

        if isinstance(outcome, Failed):
            self.failed += 1
            self.code = max(self.code, outcome.error.exit_code)
        elif isinstance(outcome, Skipped):
            self.skipped += 1
        else:
            self.done += 1
            self.megapixels += outcome.size[0] * outcome.size[1] / 1e6
            if outcome.choice and outcome.choice.inspection:
                self.models[outcome.choice.model] += 1

    @property
    def not_reached(self) -> int:
        """Pictures that the run ended before."""
        return self.found - self.done - self.skipped - self.failed

    @property
    def seconds(self) -> float:
        """Since it began."""
        return time.monotonic() - self.began

    @property
    def exit_code(self) -> int:
        """The gravest of all failures; never 0 if a picture was not reached."""
        return self.code or (ImageError.exit_code if self.not_reached else errors.DONE)
