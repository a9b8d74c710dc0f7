"""One picture that was handed in, and what becomes of it."""

from __future__ import annotations

import math
import re
import time
from dataclasses import dataclass, field
from typing import Literal

from srcli.errors import SrcliError
from srcli.images.formats import Format
from srcli.pipeline.run import Encoded
from srcli.pipeline.target_size import Size
from srcli.serve.maker import Look, format_of
from srcli.serve.spool import Spool
from srcli.serve.wanted import Wanted

_SENTENCE = re.compile(r"(?<=[.?!]) ")
State = Literal["held", "waiting", "running", "done", "failed"]
"""Looked at only; in the queue; being made; made; not made."""
SMALL_WORK = 2e11
"""Multiply-adds up to which a job is small: some seconds on two cores."""


class Cancelled(Exception):
    """Stops the work on a job that nobody wants any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A result, and what is told of it.

    Attributes:
        file: the result.
        format: its format.
        size: (height, width).
        seconds: that it took.
        how: which model made it, and why.
        notes: sentences about what the source held and the result does not, and about damage.

    """

    file: Spool
    format: Format
    size: Size
    seconds: float
    how: str
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why there is no result.

    Attributes:
        error: name of the class of the error.
        message: one sentence that says what failed.
        hint: what to do about it; empty if nothing helps.

    """

    error: str
    message: str
    hint: str = ""

    @property
    def text(self) -> str:
        """All that is said."""
        return f"{self.message} {self.hint}".strip()

    @classmethod
    def of(cls, error: SrcliError) -> Failure:
        """Keep what an error says, but for hints at flags, which are for a command line."""
        hints = [hint for hint in _SENTENCE.split(error.hint) if "--" not in hint]
        told = " ".join(hints)
        return cls(error=type(error).__name__, message=error.message, hint=told)


@dataclass(slots=True, kw_only=True, eq=False)
class Job:
    """A job. All but its progress is changed by its ``Desk`` alone.

    Attributes:
        id: what it is asked for by; nobody can guess it.
        list: the list that it is in, likewise; empty for none.
        name: what the picture is called.
        number: jobs that came first have lower ones.
        source: the picture.
        look: what is known of it.
        state: how far it is.
        wanted: what is made of it; None until that was said.
        work: multiply-adds that it takes, about.
        made: the result.
        failure: why there is none.
        done: work that is done, in pixels, of ``total``.
        total: all the work.
        revision: grows with every change that is worth telling.
        touched: when something happened to it last, by the clock that never goes back.
        unwanted: nobody waits for it any more.

    """

    id: str
    list: str
    name: str
    number: int
    source: Spool
    look: Look
    state: State = "held"
    wanted: Wanted | None = None
    work: float = 0.0
    made: Made | None = None
    failure: Failure | None = None
    done: int = 0
    total: int = 0
    revision: int = 0
    touched: float = field(default_factory=time.monotonic)
    unwanted: bool = False

    @property
    def is_small(self) -> bool:
        """Tell whether it may overtake."""
        return self.work <= SMALL_WORK

    @property
    def progress(self) -> float:
        """The share of the work that is done, 0 to 1."""
        if self.state == "done":
            return 1.0
        return min(1.0, self.done / self.total) if self.total else 0.0

    @property
    def stored(self) -> int:
        """Bytes of its files."""
        return self.source.size + (self.made.file.size if self.made else 0)

    def touch(self) -> None:
        """Note that something happened."""
        self.revision += 1
        self.touched = time.monotonic()

    def begin(self, total: int) -> None:
        """Expect more work: a job listens to its own progress."""
        self._stop_if_unwanted()
        self.total += total
        self.touch()

    def advance(self, amount: int) -> None:
        """Count work that is done.

        Raises:
            Cancelled: nobody waits for it.

        """
        self._stop_if_unwanted()
        self.done += amount
        self.touch()

    def _stop_if_unwanted(self) -> None:
        if self.unwanted:
            raise Cancelled


def made_of(encoded: Encoded) -> Made:
    """Keep a result on the disk.

    Raises:
        DiskFull: there is no room.

    """
    notes = list(encoded.warnings)
    if encoded.left_behind:
        notes.append(f"The result does not keep: {', '.join(encoded.left_behind)}.")
    return Made(
        file=Spool(encoded.content),
        format=format_of(encoded.content),
        size=encoded.size,
        seconds=encoded.seconds,
        how=encoded.choice.summary if encoded.choice else "",
        notes=tuple(notes),
    )


def work_of(size: Size, frames: int, kmacs: float) -> float:
    """Return about how many multiply-adds a result takes."""
    return 1000.0 * kmacs * math.prod(size) * frames
