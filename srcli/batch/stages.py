"""The three stages that make a picture of a batch: read, enlarge, write.

``srcli.pipeline.run`` makes the picture. The stages claim it, keep count of memory, record what
became of it, and put the result in its place.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from srcli.batch.budget import ByteBudget
from srcli.batch.fingerprint import FileState
from srcli.batch.ledger import ClaimResult, Ledger, Made
from srcli.batch.locations import read_source, write_result
from srcli.batch.naming import Job
from srcli.batch.object_notes import notes_of
from srcli.batch.outcome import FAILURES, LARGE_ENOUGH, Failed, Listener, Outcome, Skipped, Upscaled
from srcli.batch.place import make_folder, output_of
from srcli.errors import OutputLost
from srcli.files.content import Content
from srcli.images.probe import read_content
from srcli.pipeline.run import Decoded, Enlarged, Pipeline, memory_failures, named_failures

ResultT = TypeVar("ResultT")


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchContext:
    """What all pictures of a batch share.

    Attributes:
        pipeline: makes each picture.
        ledger: says what is to be made and keeps what became of it.
        fail_fast: stop at the first failure.
        settings: fingerprint of what results depend on beside their sources; kept with objects.

    """

    pipeline: Pipeline
    ledger: Ledger
    fail_fast: bool = False
    settings: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A picture that this run makes.

    Attributes:
        job: what it is and becomes.
        claimed: what the ledger said of it.
        source: its file as it was read.
        memory: bytes taken from the budget for it, and given back by whoever ends it.
        seconds: that reading it took.

    """

    job: Job
    claimed: ClaimResult
    source: FileState
    memory: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A picture that this run makes, and its file; ``seconds`` is what reading it took."""

    job: Job
    claimed: ClaimResult
    content: bytes
    source: FileState
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A picture that was read."""

    claim: Claim
    decoded: Decoded

    @property
    def is_made(self) -> bool:
        """Tell whether a network is to run over it."""
        return self.decoded.facts.target is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """A picture that is ready to be written."""

    claim: Claim
    enlarged: Enlarged


@dataclass(frozen=True, slots=True, kw_only=True)
class Coded:
    """A picture whose file is ready, and what will be recorded of it."""

    claim: Claim
    content: Content
    made: Made


def fetch(job: Job, context: BatchContext) -> Fetched | Outcome:
    """Claim a picture and read its file."""

    def attempt() -> Fetched | Outcome:
        if isinstance(job.source.path, Path) and not job.source.path.is_file():
            read_content(job.source.path)  # says why
        claimed = context.ledger.claim(job)
        if claimed in {ClaimResult.DONE, ClaimResult.BUSY}:
            return Skipped.of(job, claimed.value)
        began = time.monotonic()
        with _noted(job, context.ledger):
            content, source = read_source(job.source.path)
        seconds = time.monotonic() - began
        return Fetched(job=job, claimed=claimed, content=content, source=source, seconds=seconds)

    return guarded(job, attempt)


def decode(fetched: Fetched | Outcome, context: BatchContext, budget: ByteBudget) -> Read | Outcome:
    """Decode a picture whose file was read; anything else stays what it is.

    Raises:
        BudgetClosed: the run ended while it waited for memory.

    """
    if not isinstance(fetched, Fetched):
        return fetched

    def attempt() -> Read | Outcome:
        with _noted(fetched.job, context.ledger):
            return _decode(fetched, context, budget)

    return guarded(fetched.job, attempt)


def read(job: Job, context: BatchContext, budget: ByteBudget) -> Read | Outcome:
    """Claim, read and decode a picture.

    Raises:
        BudgetClosed: as ``decode``.

    """
    return decode(fetch(job, context), context, budget)


def enlarge(taken: Read, context: BatchContext, listener: Listener) -> Ready | Failed:
    """Run the network over a picture, unless it is a copy."""
    job, facts = taken.claim.job, taken.decoded.facts

    def attempt() -> Ready:
        if facts.target is not None:
            size = facts.target.height, facts.target.width
            listener.picture(job.source.path, facts.info.size, size)
        with _noted(job, context.ledger):
            enlarged = context.pipeline.enlarge(taken.decoded, listener)
        return Ready(claim=taken.claim, enlarged=enlarged)

    return guarded(job, attempt)


def write(ready: Ready, context: BatchContext) -> Outcome:
    """Check, encode, write and record a picture."""
    coded = encode(ready, context)
    return coded if isinstance(coded, Failed) else put(coded, context)


def encode(ready: Ready, context: BatchContext) -> Coded | Failed:
    """Check and encode a picture."""
    claim, job = ready.claim, ready.claim.job

    def attempt() -> Coded:
        with _noted(job, context.ledger):
            encoded = context.pipeline.encode(ready.enlarged)
        outcome = Upscaled.of(job.source.path, job.output, encoded)
        outcome = replace(outcome, seconds=claim.seconds + outcome.seconds)
        content = encoded.file
        made = Made(source=claim.source, sha256=content.sha256, size=len(content), outcome=outcome)
        return Coded(claim=claim, content=content, made=made)

    return guarded(job, attempt)


def put(coded: Coded, context: BatchContext) -> Outcome:
    """Record a result and put it in its place."""
    job, ledger = coded.claim.job, context.ledger

    def attempt() -> Outcome:
        with _noted(job, ledger):
            ledger.writing(job, coded.made)
            _write_file(coded, context.settings)
            ledger.done(job)
            return coded.made.outcome

    return guarded(job, attempt)


def guarded(job: Job, attempt: Callable[[], ResultT]) -> ResultT | Failed:
    """Return what ``attempt`` does, or the expected failure that it ends in."""
    try:
        with named_failures(str(job.source.path)):
            return attempt()
    except FAILURES as error:
        return Failed(source=job.source.path, error=error)


@contextlib.contextmanager
def _noted(job: Job, ledger: Ledger) -> Iterator[None]:
    """Keep in the ledger why a picture that was claimed has failed.

    Raises:
        OutputLost: that is why, whatever failed first.

    """
    try:
        with memory_failures():
            yield
    except FAILURES as error:
        try:
            ledger.failed(job, error)
        except OutputLost:
            raise
        except FAILURES:
            pass  # the first failure is the one to tell
        raise


def _decode(fetched: Fetched, context: BatchContext, budget: ByteBudget) -> Read | Outcome:
    began, job = time.monotonic(), fetched.job
    probed = context.pipeline.probe(fetched.content, name=str(job.source.path))
    if probed.action == "skip":
        context.ledger.skipped(job, LARGE_ENOUGH)
        return Skipped.of(job, LARGE_ENOUGH)
    read_seconds = fetched.seconds + time.monotonic() - began
    budget.acquire(probed.memory)
    try:
        decoded = context.pipeline.decode(probed, output_of(job))
    except BaseException:
        budget.release(probed.memory)
        raise
    claim = Claim(
        job=job,
        claimed=fetched.claimed,
        source=fetched.source,
        memory=probed.memory,
        seconds=read_seconds,
    )
    return Read(claim=claim, decoded=decoded)


def _write_file(coded: Coded, settings: str) -> None:
    """Put the file of a picture in its place."""
    job, replaces = coded.claim.job, coded.claim.claimed is ClaimResult.REPLACE
    make_folder(job)
    notes = notes_of(coded.made, settings)
    write_result(job.output, coded.content, overwrite=replaces, notes=notes)
