"""Enlarge one picture from or to a pipe."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from srcli.batch.outcome import Listener, SilentListener, Upscaled
from srcli.batch.plan import check_memory, choose_action
from srcli.batch.rehearsal import check_format, check_place, rehearse
from srcli.batch.stages import named_failures
from srcli.engine.host import host_memory
from srcli.errors import ImageError, ResourceError, UsageError
from srcli.files.atomic import refuse_existing, write_file
from srcli.images.decode import decode_picture
from srcli.images.encode import encode_picture, writable_format
from srcli.images.formats import GIF, PNG, Format
from srcli.images.metadata.inventory import left_behind
from srcli.images.output_options import Finish
from srcli.images.picture.alpha import treat_hidden
from srcli.images.picture.animation import Animation, Picture, each, frame_count
from srcli.images.probe import Head, read_content, read_head, read_pipe
from srcli.images.recognition import recognise
from srcli.pipeline.back_projection import Consistency, worst_consistency
from srcli.pipeline.choose import Choice
from srcli.usecases.choosing import choose_for
from srcli.usecases.equipment import Equipment
from srcli.usecases.upscale import prepare, upscale_picture
from srcli.usecases.upscale_request import UpscaleRequest

PIPE = "-"
_SHARE_OF_MEMORY = 0.25
"""Of what is free, that the file in a pipe may fill: it is copied once, and then decoded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Streamed:
    """A result for a pipe, and what is told of it."""

    content: bytes
    outcome: Upscaled


def is_stream(request: UpscaleRequest) -> bool:
    """Tell whether a request reads or writes a pipe.

    Raises:
        UsageError: it does, but is about more than one picture.

    """
    piped = PIPE in request.inputs or request.output == PIPE
    if piped and len(request.inputs) != 1:
        msg = "a pipe carries one picture"
        raise UsageError(msg, hint="name one input, or an output folder instead of -")
    return piped


def upscale_stream(
    request: UpscaleRequest, standard_input: BinaryIO, listener: Listener | None = None
) -> Streamed:
    """Enlarge the picture of a request for which ``is_stream`` holds.

    A pipe is read no further than its first bytes if they are no picture's, and no further than
    it fits into memory.

    What comes in by a pipe leaves by one unless an output file is named. A pipe gets the
    format asked for by suffix, else that of the input, else PNG. A picture that is large
    enough to be skipped or copied leaves as it came.

    Raises:
        UsageError: the request makes no sense.
        UnreadableImage: the input is not a picture.
        UnwritableImage: the output is there already, or cannot hold the picture.
        OutOfMemory: the result does not fit.
        WeightsError: the model cannot be used.

    """
    request.size.check()
    listener = listener or SilentListener()
    (given,) = request.inputs
    name = "standard input" if given == PIPE else given
    if _names_file(request):
        writable_format(Path(request.output))
        check_place(Path(request.output))
        if not request.overwrite:
            refuse_existing(Path(request.output))
    warnings: list[str] = []
    try:
        content = _read(given, standard_input)
        head = read_head(content, name=name, rules=request.rules)
    except (ImageError, ResourceError):
        listener.found(1)
        raise
    equipment = prepare(request)
    listener.found(1)
    began = time.monotonic()
    with named_failures(name):
        _check_memory(request, head, equipment)
        picture = decode_picture(content, name=name, rules=request.rules, warn=warnings.append)
        picture = request.finish.apply(picture, name=name)
        known = _format(request, content, picture)
        made = _make(request, picture, known, equipment, listener, head)
        result = made.picture if made else picture
        changed = made or request.finish != Finish()
        left = tuple[str, ...]()
        if changed or known is not recognise(content):
            left = left_behind(result.metadata, known)
            goal = _goal(request)
            content = encode_picture(result, known, name=goal, quality=request.quality)
    if _names_file(request):
        write_file(Path(request.output), content, overwrite=request.overwrite)
    outcome = Upscaled(
        source=Path(given),
        output=Path(request.output or PIPE),
        source_size=(picture.height, picture.width),
        size=(result.height, result.width),
        seconds=time.monotonic() - began,
        network_seconds=made.seconds if made else 0.0,
        consistency=made.consistency if made else None,
        copied=made is None,
        left_behind=left,
        jpeg_quality=head.jpeg_quality,
        warnings=tuple(warnings),
        choice=made.choice if made else None,
    )
    return Streamed(content=content, outcome=outcome)


def _read(given: str, standard_input: BinaryIO) -> bytes:
    if given != PIPE:
        return read_content(Path(given))[0]
    return read_pipe(standard_input, byte_limit=int(host_memory() * _SHARE_OF_MEMORY))


def _check_memory(request: UpscaleRequest, head: Head, equipment: Equipment) -> None:
    """Refuse a picture that will not fit, before it is decoded."""
    target = request.size.resolve(*head.size)
    after = (target.height, target.width)
    make = choose_action(head.size, after, request.if_large_enough) == "make"
    passes = equipment.upscaler.plan(head.size, after, target.ratio) if make else ()
    check_memory(head.size, passes, frames=head.frames)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Made:
    picture: Picture
    seconds: float
    consistency: Consistency | None
    choice: Choice


def _make(  # noqa: PLR0913, PLR0917 - what is known of one picture
    request: UpscaleRequest,
    picture: Picture,
    known: Format,
    equipment: Equipment,
    listener: Listener,
    head: Head,
) -> _Made | None:
    """Enlarge a picture for a format; None if it is large enough to be left as it is."""
    target = request.size.resolve(picture.height, picture.width)
    before, after = (picture.height, picture.width), (target.height, target.width)
    if choose_action(before, after, request.if_large_enough) != "make":
        return None
    frames = frame_count(picture)
    check_format(known, after, frames=frames, name=_goal(request))
    rehearse(picture, known, name=_goal(request))
    listener.picture(Path(request.inputs[0]), before, after)
    began = time.monotonic()
    choice = choose_for(picture, target, head, equipment, guard=request.guard)
    picture = each(picture, lambda photo: treat_hidden(photo, request.alpha, request.borders))
    result = upscale_picture(picture, target, equipment, choice, listener)
    return _Made(
        picture=result,
        seconds=time.monotonic() - began,
        consistency=worst_consistency(
            picture,
            result,
            equipment.upscaler.tiled,
            request.borders,
            removes=choice.removes,
        ),
        choice=choice,
    )


def _goal(request: UpscaleRequest) -> str:
    """What messages call the result."""
    return request.output if _names_file(request) else "standard output"


def _names_file(request: UpscaleRequest) -> bool:
    return request.output not in {"", PIPE}


def _format(request: UpscaleRequest, content: bytes, picture: Picture) -> Format:
    """The format asked for, else that of the input unless that loses colours, else PNG."""
    if _names_file(request):
        return writable_format(Path(request.output))
    if request.suffix:
        return writable_format(Path(f"_{request.suffix}"))
    own = recognise(content)
    fits = own is not GIF or isinstance(picture, Animation)
    return own if own is not None and own.writable and fits else PNG
