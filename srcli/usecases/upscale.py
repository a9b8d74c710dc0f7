"""Enlarge pictures: files in, files out."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from torch import Tensor

from srcli.engine.device import Compute, choose_device
from srcli.engine.memory import check_fits
from srcli.engine.progress import Progress, SilentProgress
from srcli.engine.upscaler import UpscaleOptions, Upscaler
from srcli.errors import ImageError, ResourceError
from srcli.images.alpha import bleed
from srcli.images.atomic import refuse_existing
from srcli.images.decode import read_photo
from srcli.images.discover import find_sources
from srcli.images.encode import write_photo
from srcli.images.naming import Job, Naming, plan_outputs
from srcli.images.photo import Photo
from srcli.usecases.sizes import SizeRequest, TargetSize
from srcli.weights.catalog import DEFAULT_MODEL
from srcli.weights.checkpoint import load_model
from srcli.weights.store import locate


@dataclass(frozen=True, slots=True, kw_only=True)
class UpscaleRequest:
    """What to enlarge, how far, and how.

    Attributes:
        inputs: files, folders or globs.
        size: of the results.
        output: a file, a folder, or empty for beside each input.
        model: id of a model, or path of a weights file.
        tile: side of a tile in pixels of the network's input; None for a default.
        device: auto, cpu, cuda, cuda:1 or mps.
        ensemble: average over the eight symmetries.
        overwrite: replace existing files.

    """

    inputs: tuple[str, ...]
    size: SizeRequest
    output: str = ""
    model: str = DEFAULT_MODEL
    tile: int | None = None
    device: str = "auto"
    ensemble: bool = False
    overwrite: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Upscaled:
    """A picture that was written; sizes are (height, width)."""

    source: Path
    output: Path
    source_size: tuple[int, int]
    size: tuple[int, int]
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """A picture that was not, and why."""

    source: Path
    error: ImageError | ResourceError


Outcome = Upscaled | Failed


def upscale(request: UpscaleRequest, progress: Progress | None = None) -> Iterator[Outcome]:
    """Enlarge every picture of a request, in order; a bad one does not stop the rest.

    Raises:
        UsageError: the request makes no sense, or two inputs would write one file.
        UnreadableImage: an input is not there.
        WeightsError: the model cannot be used.

    """
    request.size.check()
    jobs = plan_outputs(find_sources(request.inputs), _naming(request))
    ratio = max(request.size.scale) if request.size.scale else None
    network = load_model(locate(request.model, ratio)).network
    options = UpscaleOptions(tile=request.tile, ensemble=request.ensemble)
    upscaler = Upscaler(network, Compute(device=choose_device(request.device)), options)
    for job in jobs:
        try:
            yield _upscale_file(job, upscaler, request, progress or SilentProgress())
        except (ImageError, ResourceError) as error:
            yield Failed(source=job.source.path, error=error)


def _upscale_file(
    job: Job, upscaler: Upscaler, request: UpscaleRequest, progress: Progress
) -> Upscaled:
    began = time.monotonic()
    if not request.overwrite:
        refuse_existing(job.output)
    photo = read_photo(job.source.path)
    target = request.size.resolve(photo.height, photo.width)
    check_fits(target.height, target.width)
    write_photo(
        upscale_photo(photo, target, upscaler, progress), job.output, overwrite=request.overwrite
    )
    return Upscaled(
        source=job.source.path,
        output=job.output,
        source_size=(photo.height, photo.width),
        size=(target.height, target.width),
        seconds=time.monotonic() - began,
    )


def upscale_photo(
    photo: Photo, target: TargetSize, upscaler: Upscaler, progress: Progress
) -> Photo:
    """Enlarge the colours, and the alpha channel on its own; everything else is kept."""

    def enlarged(image: Tensor) -> Tensor:
        size = target.height, target.width
        return upscaler(image, size, ratio=target.ratio, progress=progress)

    pixels = enlarged(bleed(photo).pixels)
    if photo.gray:
        pixels = pixels.mean(1, keepdim=True).expand(-1, 3, -1, -1)
    if photo.alpha is None:
        return replace(photo, pixels=pixels)
    alpha = enlarged(photo.alpha.expand(-1, 3, -1, -1)).mean(1, keepdim=True)
    return replace(photo, pixels=pixels, alpha=alpha)


def _naming(request: UpscaleRequest) -> Naming:
    """Name outputs ``photo_x2.7``, ``photo_x2.7x1.5`` or, by their size, ``photo_1920x1080``."""
    size = request.size
    if size.scale is None:
        sides = f"{size.width or ''}x{size.height or ''}"
        return Naming(output=request.output, template="{stem}_{scale}", scale=sides)
    vertical, horizontal = (f"{factor:g}" for factor in size.scale)
    scale = horizontal if vertical == horizontal else f"{horizontal}x{vertical}"
    return Naming(output=request.output, scale=scale)
