"""Who may make which picture, decided from what is known of it and what is there."""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Literal, Protocol

from srcli.batch.fingerprint import FileState
from srcli.batch.locations import is_there
from srcli.batch.naming import Group, Job
from srcli.batch.outcome import Failure, Upscaled
from srcli.errors import AlreadyExists
from srcli.files.objects.address import Location

State = Literal["claimed", "writing", "done", "skipped", "failed"]


class ClaimResult(Enum):
    """What to do about one picture."""

    MAKE = "make"
    REPLACE = "replace"
    DONE = "done already"
    BUSY = "being made by another run"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What was written down about one result.

    Attributes:
        state: how far it came.
        owner: token of the run that last had it.
        fingerprint: of the settings it was made with.
        source_path: absolute path of the picture it was made of.
        source: that picture, as it was then.
        output: the file it became, with its sha256; its time is known once it is done.
        model: name of the model it was made with; empty if that was not written down.
        updated: when it was written down, in seconds since 1970; 0 if that is not known.

    """

    state: State
    owner: str
    fingerprint: str
    source_path: str
    source: FileState | None
    output: FileState | None
    model: str = ""
    updated: float = 0.0

    def describes(self, output: Location) -> bool:
        """Tell whether ``output`` is the result that this entry records."""
        if self.state not in {"writing", "done"} or self.output is None:
            return False
        return self.output.still_holds(output)


Elsewhere = Callable[[Location], Entry | None]
"""Returns what another manifest says of a result, by the path of the result."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A result before it is written.

    Attributes:
        source: what it was made of.
        sha256: of the file that it will be.
        size: of that file in bytes.
        outcome: what is told of it.

    """

    source: FileState
    sha256: str
    size: int
    outcome: Upscaled


class Ledger(Protocol):
    """Keeps what became of each picture, for this run and the next."""

    def claim(self, job: Job) -> ClaimResult:
        """Take a picture for this run, unless the answer says that it must not be made.

        Raises:
            AlreadyExists: its output is there and is not to be replaced.

        """
        ...

    def finished(self, groups: Sequence[Group]) -> Sequence[Container[int]]:
        """Return the numbers in each group of those that are sure to be done already.

        Each of the others is claimed, and may turn out to be done as well.
        """
        ...

    def writing(self, job: Job, made: Made) -> None:
        """Note what is about to be written, so that a later run knows it for ours."""
        ...

    def done(self, job: Job) -> None:
        """Note that the output is in its place."""
        ...

    def skipped(self, job: Job, reason: str) -> None:
        """Note that there is nothing to make."""
        ...

    def failed(self, job: Job, error: Failure) -> None:
        """Note why there is no output."""
        ...


class NoLedger:
    """Keeps nothing: what is there is refused, or replaced if that was asked for."""

    def __init__(self, *, overwrite: bool) -> None:
        self.overwrite = overwrite

    def claim(self, job: Job) -> ClaimResult:
        """Look only at what is there.

        Raises:
            AlreadyExists: the output is there and is not to be replaced.

        """
        return judge(None, job, "", overwrite=self.overwrite)

    def finished(self, groups: Sequence[Group]) -> Sequence[Container[int]]:
        """Know of none."""
        return [()] * len(groups)

    def writing(self, job: Job, made: Made) -> None:
        """Do nothing, as no record is kept."""

    def done(self, job: Job) -> None:
        """Do nothing, as no record is kept."""

    def skipped(self, job: Job, reason: str) -> None:
        """Do nothing, as no record is kept."""

    def failed(self, job: Job, error: Failure) -> None:
        """Do nothing, as no record is kept."""


def judge(
    entry: Entry | None, job: Job, fingerprint: str, *, overwrite: bool, model: str = ""
) -> ClaimResult:
    """Decide about a picture that no living run has claimed.

    Args:
        entry: what is known of its output.
        job: the picture.
        fingerprint: of the settings asked for.
        overwrite: replace what is there.
        model: name of the model asked for, for messages.

    Returns:
        ``DONE`` if its output is there as it was recorded, was made with the same settings and
        the source is as it was then: also if a run was killed between putting the output in
        its place and recording that. Otherwise ``MAKE``, or ``REPLACE`` with ``overwrite``.

    Raises:
        AlreadyExists: its output is there, is not that, and is not to be replaced.

    """
    ours = entry if entry and entry.describes(job.output) else None
    current = ours.source if ours and ours.fingerprint == fingerprint else None
    if current and current.still_holds(job.source.path):
        return ClaimResult.DONE
    if overwrite:
        return ClaimResult.REPLACE
    if is_there(job.output):
        raise _is_there(ours, job, fingerprint, model)
    return ClaimResult.MAKE


def _is_there(entry: Entry | None, job: Job, fingerprint: str, model: str) -> AlreadyExists:
    """Say what is known of a file that is not to be replaced."""
    other = "" if entry is None or entry.model == model else entry.model
    if entry is None:
        msg = f"{job.output} exists already, and there is no record of how it was made."
    elif entry.fingerprint == fingerprint:
        msg = f"{job.output} was made from another state of {job.source.path}."
    elif other and model:
        msg = f"{job.output} was made with the model {other}, not with {model}."
    else:
        msg = f"{job.output} was made with other settings."
    name = "--name '{stem}_{scale}_{model}'" if other else "another --name"
    return AlreadyExists(msg, hint=f"Add --overwrite to replace it, or {name} to keep both.")
