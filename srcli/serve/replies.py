"""What is told of jobs and models, as JSON."""

from __future__ import annotations

from dataclasses import dataclass

from srcli.serve.job import Failure, Job, Made, State
from srcli.serve.limits import Limits
from srcli.serve.maker import Look
from srcli.serve.names import result_name
from srcli.serve.wanted import Offer


@dataclass(frozen=True, kw_only=True)
class Description:
    """What a picture is, and what was measured of it. MCP cannot tell the fields of slots.

    Attributes:
        format: of its file.
        width: in pixels.
        height: in pixels.
        frames: how many it has.
        jpeg_quality: about what it was last compressed at; null if it is no JPEG.
        noise: standard deviation of white noise, in levels of 255.
        compression: 100 less the quality of JPEG that its pixels or its file show.
        sharpened: how much it seems to have been sharpened, 0 to 1.
        blur: standard deviation of the Gaussian that blurred it, in pixels.
        drawn: it is a screen, text or line art, seen at the size that it was drawn at.
        advice: what the model ``auto`` would do for enlarging it, and why.
        warnings: sentences about what is wrong with its file.

    """

    format: str
    width: int
    height: int
    frames: int
    jpeg_quality: int | None
    noise: float
    compression: float
    sharpened: float
    blur: float
    drawn: bool
    advice: str
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultReply:
    """What a result is.

    Attributes:
        name: what it is offered as.
        format: of its file.
        width: in pixels.
        height: in pixels.
        bytes: of its file.
        seconds: that it took.
        how: which model made it, and why.
        notes: sentences about what it does not keep of its source, and about damage.

    """

    name: str
    format: str
    width: int
    height: int
    bytes: int
    seconds: float
    how: str
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class JobReply:
    """A job.

    Attributes:
        id: what it is asked for by.
        revision: grows with every change.
        name: what the picture is called.
        state: held until it is started, then waiting, running, and done or failed.
        progress: the share of the work that is done, 0 to 1.
        bytes: of the picture's file.
        picture: what it is.
        model: that was asked for; empty until it is started.
        scale: what size was asked for, such as ``x2``; empty until it is started.
        result: what was made; null until it is done.
        failure: why nothing was made; null unless it failed.

    """

    id: str
    revision: int
    name: str
    state: State
    progress: float
    bytes: int
    picture: Description
    model: str
    scale: str
    result: ResultReply | None
    failure: Failure | None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobsReply:
    """The jobs of a list."""

    jobs: tuple[JobReply, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelReply:
    """A model that may be chosen.

    Attributes:
        id: what is asked for.
        scales: factors that it was trained for; empty for any.
        purpose: what it is for, in a word.
        good_for: one sentence: when to choose it.

    """

    id: str
    scales: tuple[int, ...]
    purpose: str
    good_for: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AboutReply:
    """What the server is, takes and offers.

    Attributes:
        version: of srcli.
        most_bytes: of one picture.
        most_pixels: of one picture, all frames counted.
        most_result_pixels: of one result, all frames counted.
        most_jobs: that are kept at once.
        keep_seconds: how long a job is kept that nothing happens to.
        formats: what results may be asked for as.
        models: that may be chosen.

    """

    version: str
    most_bytes: int
    most_pixels: int
    most_result_pixels: int
    most_jobs: int
    keep_seconds: float
    formats: tuple[str, ...]
    models: tuple[ModelReply, ...]


def describe(look: Look) -> Description:
    """Return what is told of a picture."""
    info = look.info
    height, width = info.size
    found = look.inspection
    return Description(
        format=look.format.name,
        width=width,
        height=height,
        frames=info.frames,
        jpeg_quality=info.jpeg_quality,
        noise=round(found.noise, 2),
        compression=round(found.compression, 1),
        sharpened=round(found.sharpening, 2),
        blur=round(found.blur, 2),
        drawn=found.drawn,
        advice=look.advice,
        warnings=look.warnings,
    )


def reply(job: Job) -> JobReply:
    """Return what is told of a job."""
    revision, ready, wanted = job.revision, finished(job), job.wanted
    return JobReply(
        id=job.id,
        revision=revision,
        name=job.name,
        state="waiting" if job.state == "done" and not ready else job.state,
        progress=round(job.progress, 3),
        bytes=job.source.size,
        picture=describe(job.look),
        model=wanted.model if wanted else "",
        scale=wanted.size.label() if wanted else "",
        result=_result(*ready) if ready else None,
        failure=job.failure,
    )


def finished(job: Job) -> tuple[str, Made] | None:
    """Return what a result is offered as, and the result; None if there is none."""
    made, wanted = job.made, job.wanted
    if made is None or wanted is None:
        return None
    return result_name(job.name, wanted.size.label(), made.format.suffixes[0]), made


def about(
    limits: Limits, version: str, formats: tuple[str, ...], models: tuple[Offer, ...]
) -> AboutReply:
    """Return what is told of the server."""
    return AboutReply(
        version=version,
        most_bytes=limits.file_bytes,
        most_pixels=limits.pixels,
        most_result_pixels=limits.result_pixels,
        most_jobs=limits.jobs,
        keep_seconds=limits.keep_seconds,
        formats=formats,
        models=tuple(model_reply(one) for one in models),
    )


def model_reply(one: Offer) -> ModelReply:
    """Return what is told of a model."""
    return ModelReply(id=one.id, scales=one.scales, purpose=one.purpose, good_for=one.good_for)


def _result(name: str, made: Made) -> ResultReply:
    height, width = made.size
    return ResultReply(
        name=name,
        format=made.format.name,
        width=width,
        height=height,
        bytes=made.file.size,
        seconds=round(made.seconds, 2),
        how=made.how,
        notes=made.notes,
    )
