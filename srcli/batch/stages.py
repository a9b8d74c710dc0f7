"""The three stages that make a picture: read, enlarge, write."""

from __future__ import annotations

import contextlib
import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TypeVar

from srcli.batch.budget import ByteBudget
from srcli.batch.fingerprint import FileState
from srcli.batch.ledger import Ledger, Made, Verdict
from srcli.batch.naming import Job
from srcli.batch.outcome import Failed, Listener, Outcome, Skipped, Upscaled
from srcli.batch.place import make_folder
from srcli.batch.plan import (
    LARGE_ENOUGH,
    Wish,
    check_memory,
    choose_action,
    memory_needed,
    plan_way,
)
from srcli.batch.rehearsal import check_output, rehearse
from srcli.engine.memory import memory_errors
from srcli.engine.progress import Progress
from srcli.engine.tiling import TiledTraits
from srcli.errors import BadTile, ImageError, OutOfMemory, OutputLost, ResourceError
from srcli.files.atomic import disk_errors, write_file
from srcli.files.locks import folder_lock
from srcli.images.decode import decode_picture
from srcli.images.encode import encode_picture, writable_format
from srcli.images.formats import by_suffix
from srcli.images.metadata.inventory import left_behind
from srcli.images.output_options import Finish
from srcli.images.picture.alpha import treat_hidden
from srcli.images.picture.animation import Picture, each
from srcli.images.probe import Head, read_content, read_head
from srcli.images.recognition import recognise
from srcli.pipeline.back_projection import worst_consistency
from srcli.pipeline.choose import Choice
from srcli.pipeline.target_size import TargetSize

Enlarge = Callable[[Picture, TargetSize, Choice, Progress], Picture]
Choose = Callable[[Picture, TargetSize, Head], Choice]
ResultT = TypeVar("ResultT")


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """How pictures are made.

    Attributes:
        wish: what is wanted of each.
        networks: the one asked for, and then those that may help it.
        choose: says how a picture is enlarged; called by the thread that reads.
        enlarge: makes a picture larger; called by one thread.
        ledger: says what is to be made and keeps what became of it.
        quality: of the lossy formats, 1 to 100; None for the encoder's own choice.
        fail_fast: stop at the first failure.

    """

    wish: Wish
    networks: Sequence[TiledTraits]
    choose: Choose
    enlarge: Enlarge
    ledger: Ledger
    quality: int | None
    fail_fast: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A picture that this run makes.

    Attributes:
        job: what it is and becomes.
        verdict: how it was claimed.
        target: size wanted; None if it is to be copied.
        choice: how it is enlarged; None if it is to be copied.
        source: its file as it was read.
        head: what was known of it before it was decoded.
        content: that file byte for byte, where a copy has the same format; else empty.
        memory: bytes taken from the budget for it, and given back by whoever ends it.
        seconds: that reading it took.
        warnings: sentences about what is wrong with its file.

    """

    job: Job
    verdict: Verdict
    target: TargetSize | None
    choice: Choice | None
    source: FileState
    head: Head
    content: bytes
    memory: int
    seconds: float
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A picture in memory; under transparency, it has colours that the network can look at."""

    claim: Claim
    picture: Picture


@dataclass(slots=True, kw_only=True)
class Enlarged:
    """A picture that is ready to be written.

    Attributes:
        claim: what it is.
        before: as it was read, until the result was compared with it: encoders need the room.
        result: what became of it.
        seconds: that enlarging it took.

    """

    claim: Claim
    before: Picture | None
    result: Picture
    seconds: float


def read(job: Job, workshop: Workshop, budget: ByteBudget) -> Read | Outcome:
    """Claim and decode a picture.

    Raises:
        BudgetClosed: the run ended while it waited for memory.

    """

    def attempt() -> Read | Outcome:
        if not job.source.path.is_file():
            read_content(job.source.path)  # says why
        verdict = workshop.ledger.claim(job)
        if verdict in {Verdict.DONE, Verdict.BUSY}:
            return Skipped(source=job.source.path, output=job.output, reason=verdict.value)
        with _noted(job, workshop.ledger):
            return _decode(job, verdict, workshop, budget)

    return guarded(job, attempt)


def enlarge(taken: Read, workshop: Workshop, listener: Listener) -> Enlarged | Failed:
    """Run the network over a picture, unless it is a copy."""
    claim, picture = taken.claim, taken.picture
    job, target, choice = claim.job, claim.target, claim.choice

    def attempt() -> Enlarged:
        began = time.monotonic()
        if target is None or choice is None:
            return Enlarged(claim=claim, before=None, result=picture, seconds=0.0)
        listener.picture(job.source.path, claim.head.size, (target.height, target.width))
        with _noted(job, workshop.ledger):
            result = workshop.enlarge(picture, target, choice, listener)
        seconds = time.monotonic() - began
        return Enlarged(claim=claim, before=picture, result=result, seconds=seconds)

    return guarded(job, attempt)


def write(enlarged: Enlarged, workshop: Workshop) -> Outcome:
    """Check, encode, write and record a picture."""
    job, ledger = enlarged.claim.job, workshop.ledger

    def attempt() -> Outcome:
        with _noted(job, ledger):
            return _encode(enlarged, workshop)

    return guarded(job, attempt)


def guarded(job: Job, attempt: Callable[[], ResultT]) -> ResultT | Failed:
    """Return what ``attempt`` does, or the expected failure that it ends in."""
    try:
        with named_failures(str(job.source.path)):
            return attempt()
    except (ImageError, ResourceError) as error:
        return Failed(source=job.source.path, error=error)


@contextlib.contextmanager
def named_failures(name: str) -> Iterator[None]:
    """Name the picture in failures from below, where pictures have no names."""
    try:
        with _memory_errors():
            yield
    except (BadTile, OutOfMemory) as error:
        told = f"{name} cannot be made larger: {error.message}"
        raise type(error)(told, hint=error.hint) from error


@contextlib.contextmanager
def _noted(job: Job, ledger: Ledger) -> Iterator[None]:
    """Keep in the ledger why a picture that was claimed has failed.

    Raises:
        OutputLost: that is why, whatever failed first.

    """
    try:
        with _memory_errors():
            yield
    except (ImageError, ResourceError) as error:
        try:
            ledger.failed(job, error)
        except OutputLost:
            raise
        except (ImageError, ResourceError):
            pass  # the first failure is the one to tell
        raise


def _memory_errors() -> AbstractContextManager[None]:
    hint = "ask for a smaller size, or close other programs"
    return memory_errors("there is not enough memory for it", hint=hint)


def _decode(job: Job, verdict: Verdict, workshop: Workshop, budget: ByteBudget) -> Read | Outcome:
    began = time.monotonic()
    path, wish = job.source.path, workshop.wish
    content, mtime_ns = read_content(path)
    sha256 = hashlib.sha256(content).hexdigest()
    source = FileState(size=len(content), mtime_ns=mtime_ns, sha256=sha256)
    head = read_head(content, name=str(path), rules=wish.rules)
    warnings: list[str] = []
    size = head.size
    target = wish.resolve(*size)
    wanted = target.height, target.width
    action = choose_action(size, wanted, wish.when_large)
    if action == "skip":
        workshop.ledger.skipped(job, LARGE_ENOUGH)
        return Skipped(source=path, output=job.output, reason=LARGE_ENOUGH)
    made = action == "make"
    same = recognise(content) is by_suffix(job.output)
    verbatim = not made and same and wish.finish == Finish()
    wanted = wanted if made else size
    passes = plan_way(size, target, workshop.networks) if made else ()
    memory = memory_needed(size, passes, frames=head.frames)
    budget.acquire(memory)
    try:
        check_memory(size, passes, frames=head.frames)
        known = check_output(job, wanted, frames=head.frames)
        picture = decode_picture(content, name=str(path), rules=wish.rules, warn=warnings.append)
        picture = wish.finish.apply(picture, name=str(path))
        if not verbatim:
            rehearse(picture, known, name=str(job.output))
        choice = workshop.choose(picture, target, head) if made else None
        if made:
            picture = each(picture, lambda photo: treat_hidden(photo, wish.hidden, wish.borders))
    except BaseException:
        budget.release(memory)
        raise
    claim = Claim(
        job=job,
        verdict=verdict,
        target=target if made else None,
        choice=choice,
        source=source,
        head=head,
        content=content if verbatim else b"",
        memory=memory,
        seconds=time.monotonic() - began,
        warnings=tuple(warnings),
    )
    return Read(claim=claim, picture=picture)


def _encode(enlarged: Enlarged, workshop: Workshop) -> Upscaled:
    claim, result = enlarged.claim, enlarged.result
    job, began = claim.job, time.monotonic()
    before, enlarged.before = enlarged.before, None
    found = (
        worst_consistency(
            before,
            result,
            workshop.networks,
            workshop.wish.borders,
            removes=claim.choice.removes if claim.choice else 0.0,
        )
        if before
        else None
    )
    del before
    known = writable_format(job.output)
    content = claim.content or encode_picture(
        result, known, name=str(job.output), quality=workshop.quality
    )
    outcome = Upscaled(
        source=job.source.path,
        output=job.output,
        source_size=claim.head.size,
        size=(result.height, result.width),
        seconds=claim.seconds + enlarged.seconds + time.monotonic() - began,
        network_seconds=enlarged.seconds,
        consistency=found,
        copied=claim.target is None,
        jpeg_quality=claim.head.jpeg_quality,
        left_behind=() if claim.content else left_behind(result.metadata, known),
        warnings=claim.warnings,
        choice=claim.choice,
    )
    sha256 = hashlib.sha256(content).hexdigest()
    made = Made(source=claim.source, sha256=sha256, size=len(content), outcome=outcome)
    workshop.ledger.writing(job, made)
    with disk_errors(job.output):
        make_folder(job)
        with folder_lock(job.output.parent, exclusive=False):
            write_file(job.output, content, overwrite=claim.verdict is Verdict.REPLACE)
    workshop.ledger.done(job)
    return outcome
