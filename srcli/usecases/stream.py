"""Enlarge one picture from or to a pipe."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from srcli.batch.locations import read_source, refuse_taken, write_result
from srcli.batch.outcome import Listener, SilentListener, Upscaled
from srcli.engine.host import host_memory
from srcli.errors import ImageError, ResourceError, UsageError
from srcli.files.objects.address import located
from srcli.images.encode import writable_format
from srcli.images.probe import ImageInfo, probe_image, read_pipe
from srcli.pipeline.output_spec import Output
from srcli.pipeline.preflight import check_place, fitting_format
from srcli.pipeline.run import Pipeline
from srcli.usecases.upscale import output_spec, prepare
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
        msg = "A pipe carries one picture."
        raise UsageError(msg, hint="Name one input, or an output folder instead of -.")
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
    name = "Standard input" if given == PIPE else given
    if _names_file(request):
        output = located(request.output)
        writable_format(output)
        if isinstance(output, Path):
            check_place(output)
        if not request.overwrite:
            refuse_taken(output)
    try:
        content = _read(given, standard_input)
        info = probe_image(content, name=name, rules=request.rules)
    except (ImageError, ResourceError):
        listener.found(1)
        raise
    pipeline = Pipeline(output_spec(request), prepare(request))
    listener.found(1)
    encoded = pipeline.make(
        content,
        name=name,
        info=info,
        output=_output(request, content, info),
        progress=listener,
        begun=lambda probed: listener.picture(located(given), probed.info.size, probed.size),
    )
    if _names_file(request):
        overwrite = request.overwrite
        write_result(located(request.output), encoded.file, overwrite=overwrite, notes={})
    outcome = Upscaled.of(located(given), located(request.output or PIPE), encoded)
    return Streamed(content=encoded.content, outcome=outcome)


def _read(given: str, standard_input: BinaryIO) -> bytes:
    if given != PIPE:
        return read_source(located(given))[0]
    return read_pipe(standard_input, byte_limit=int(host_memory() * _SHARE_OF_MEMORY))


def _names_file(request: UpscaleRequest) -> bool:
    return request.output not in {"", PIPE}


def _output(request: UpscaleRequest, content: bytes, info: ImageInfo) -> Output:
    """Return the file that was named, or else standard output in a format that fits."""
    if _names_file(request):
        return Output(format=writable_format(located(request.output)), name=request.output)
    asked = writable_format(Path(f"_{request.suffix}")) if request.suffix else None
    return Output(format=asked or fitting_format(content, info), name="standard output")
