"""How many pictures were done, skipped and failed."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from srcli.cli import errors
from srcli.errors import ImageError

if TYPE_CHECKING:
    from srcli.batch.outcome import Outcome


@dataclass(slots=True)
class Tally:
    """Counts that must add up to what was found, or the exit code says so.

    ``compressed`` counts the enlarged pictures that another model would make more of.
    """

    found: int = 0
    done: int = 0
    skipped: int = 0
    failed: int = 0
    compressed: int = 0
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
        from srcli.weights.catalog import PHOTO_JPEG_QUALITY

        if isinstance(outcome, Failed):
            self.failed += 1
            self.code = max(self.code, outcome.error.exit_code)
        elif isinstance(outcome, Skipped):
            self.skipped += 1
        else:
            self.done += 1
            self.megapixels += outcome.size[0] * outcome.size[1] / 1e6
            larger = outcome.size > outcome.source_size
            self.compressed += larger and (outcome.jpeg_quality or 100) <= PHOTO_JPEG_QUALITY

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
