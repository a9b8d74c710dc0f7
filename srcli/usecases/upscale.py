"""Enlarge pictures: files in, files out."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Container, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path

import torch

from srcli import __version__
from srcli.batch.earlier import earlier_results
from srcli.batch.ledger import Ledger, NoLedger
from srcli.batch.local import run_local
from srcli.batch.manifest import Manifest, ManifestView
from srcli.batch.outcome import Listener, Outcome, SilentListener
from srcli.batch.plan import Planned, Wish, plan_picture
from srcli.batch.stages import Workshop
from srcli.engine.device import choose_compute
from srcli.engine.progress import Progress
from srcli.engine.upscaler import UpscaleOptions, Upscaler
from srcli.images.animation import Picture, each
from srcli.images.discover import find_sources, ignore
from srcli.images.formats import remedies
from srcli.images.naming import Job, Naming, OnClash, plan_outputs
from srcli.images.photo import Photo
from srcli.images.samples import Painting
from srcli.pixels.levels import from_levels
from srcli.pixels.region import Region
from srcli.usecases.equipment import Equipment, Outfitter
from srcli.usecases.sizes import TargetSize
from srcli.usecases.upscale_request import UpscaleRequest
from srcli.weights.store import is_file_name

logger = logging.getLogger(__name__)


def upscale(request: UpscaleRequest, listener: Listener | None = None) -> Iterator[Outcome]:
    """Enlarge every picture of a request, in order; a bad one does not stop the rest.

    Where results go into one folder, it keeps a manifest: what is done is not done again,
    whatever ended the run before, and other runs may work beside this one. That is the folder
    given as output, or else a folder that is the only input. Results beside single pictures,
    and a single named file, leave nothing but themselves.

    Raises:
        UsageError: the request makes no sense, or two inputs would write one file.
        UnreadableImage: a folder cannot be listed.
        UnwritableImage: the folder of the manifest does not allow writing.
        DiskFull: the manifest finds no room.
        DataError: the manifest is none, or of another version.
        WeightsError: the model cannot be used.

    """
    jobs = _find_and_tell(request)
    yield from make(jobs, request, prepare(request), listener or SilentListener())


def make(
    jobs: list[Job], request: UpscaleRequest, equipment: Equipment, listener: Listener
) -> Iterator[Outcome]:
    """Enlarge some of the pictures of a request; see ``upscale``."""
    listener.found(len(jobs))
    with _ledger(request, jobs, equipment) as ledger:
        workshop = Workshop(
            wish=_wish(request),
            networks=equipment.upscaler.tiled,
            enlarge=lambda picture, target, progress: upscale_picture(
                picture, target, equipment, progress
            ),
            ledger=ledger,
            quality=request.quality,
            fail_fast=request.fail_fast,
        )
        yield from run_local(jobs, workshop, listener)


def plan(request: UpscaleRequest) -> Iterator[Planned]:
    """Say what ``upscale`` would do about each picture, without writing anything.

    Raises:
        UsageError: as ``upscale``; so do the other errors.

    """
    jobs = _find_and_tell(request)
    equipment = prepare(request)
    with _ledger(request, jobs, equipment, dry=True) as ledger:
        for job in jobs:
            planned = plan_picture(job, ledger.claim, _wish(request), equipment.upscaler.tiled)
            way = equipment.describe(planned.cost.passes) if planned.cost else ""
            yield replace(planned, way=way)


def find_jobs(
    request: UpscaleRequest,
    *,
    allow_none: bool = False,
    earlier: Container[Path] = (),
    on_clash: OnClash | None = None,
    on_unread: Callable[[Path], None] = ignore,
) -> list[Job]:
    """Find the pictures of a request and name their results.

    Results of earlier runs are no pictures to be enlarged again, unless they are named
    themselves: those that the manifest of the folder knows, and any that were made of the
    pictures that are found. Of pictures that clash, one that is ``earlier`` comes first, and
    ``on_clash`` is told of the others, which are left out; ``on_unread`` of pictures whose
    formats are not read.

    Raises:
        UsageError: nothing is found and that is not allowed, a name or size makes no sense, or
            results clash and there is no ``on_clash``.
        UnreadableImage: a folder cannot be listed.

    """
    request.size.check()
    sources = find_sources(request.inputs, allow_none=allow_none, on_unread=on_unread)
    known = earlier_results(sources, batch_folder(request))
    named = {Path(given) for given in request.inputs}
    sources = [
        source
        for source in sources
        if source.path in named or os.path.realpath(source.path) not in known
    ]
    naming = Naming(
        output=request.output,
        template=request.template,
        scale=request.size.label(),
        model=Path(request.model).stem if is_file_name(request.model) else request.model,
        suffix=request.suffix,
    )
    sources = sorted(sources, key=lambda source: source.path not in earlier)
    jobs = plan_outputs(sources, naming, on_clash=on_clash)
    return [job for job in jobs if request.shard is None or request.shard.holds(job.source)]


def _find_and_tell(request: UpscaleRequest) -> list[Job]:
    """Find the pictures of a request, and say which were left alone."""
    unread: list[Path] = []
    jobs = find_jobs(request, on_unread=unread.append)
    if unread:
        suffixes = ", ".join(sorted({path.suffix.lower() for path in unread}))
        count = "1 picture" if len(unread) == 1 else f"{len(unread)} pictures"
        remedy = remedies(unread)
        suffixes += f"; {remedy}" if remedy else ""
        logger.warning("%s left alone, of formats not read: %s", count, suffixes)
    return jobs


def prepare(request: UpscaleRequest) -> Equipment:
    """Load the networks of a request and choose their device.

    Raises:
        WeightsError: the model cannot be used.
        UsageError: there is no such device or precision.

    """
    ratio = max(request.size.scale) if request.size.scale else None
    compute = choose_compute(request.device, request.precision)
    options = UpscaleOptions(
        tile=request.tile,
        ensemble=request.ensemble,
        official_tiles=request.official_tiles,
        frame=True,
        borders=request.borders,
    )
    return Outfitter(compute, options, offline=request.offline).equip(request.model, ratio)


def upscale_picture(
    picture: Picture, target: TargetSize, equipment: Equipment, progress: Progress
) -> Picture:
    """Enlarge a photo, or every frame of an animation."""
    before, after = (picture.height, picture.width), (target.height, target.width)
    passes = equipment.upscaler.plan(before, after, target.ratio)
    way = equipment.describe(passes) or "as it is"
    logger.info("%dx%d to %dx%d: %s", *reversed(before), *reversed(after), way)
    return each(picture, lambda photo: upscale_photo(photo, target, equipment.upscaler, progress))


def upscale_photo(
    photo: Photo, target: TargetSize, upscaler: Upscaler, progress: Progress
) -> Photo:
    """Enlarge the colours, and the alpha channel on its own; everything else is kept.

    Alpha stays as it is where the size does: it is no photo to be restored.
    """
    size = target.height, target.width
    passes = upscaler.plan((photo.height, photo.width), size, target.ratio)
    painting = Painting(photo, size)
    upscaler.deliver(photo.pixels, passes, painting.colors, progress)
    if photo.alpha is None:
        return painting.photo()
    alpha = from_levels(photo.alpha)
    first = alpha[..., :1, :1]
    if bool((alpha == first).all()):
        painting.alpha(Region.whole(size), first)
    else:
        passes = () if size == (photo.height, photo.width) else passes
        upscaler.deliver(alpha.expand(-1, 3, -1, -1), passes, painting.alpha, progress)
    return painting.photo()


def _wish(request: UpscaleRequest) -> Wish:
    return Wish(
        resolve=request.size.resolve,
        when_large=request.if_large_enough,
        finish=request.finish,
        borders=request.borders,
    )


def batch_folder(request: UpscaleRequest) -> Path | None:
    """The folder that all results go below, if they go below one."""
    if request.output:
        return Path(request.output)
    if len(request.inputs) == 1 and Path(request.inputs[0]).is_dir():
        return Path(request.inputs[0])
    return None


@contextmanager
def _ledger(
    request: UpscaleRequest, jobs: list[Job], equipment: Equipment, *, dry: bool = False
) -> Iterator[Ledger]:
    """Open the manifest where the results go below one folder."""
    folder = batch_folder(request)
    if folder is None or not jobs or any(job.output == folder for job in jobs):
        yield NoLedger(overwrite=request.overwrite)
        return
    settings = _settings(request, equipment)
    kind = ManifestView if dry else Manifest
    with kind(folder, settings, overwrite=request.overwrite) as manifest:
        yield manifest


def _settings(request: UpscaleRequest, equipment: Equipment) -> dict[str, object]:
    """All that the content of results depends on, beside their sources.

    Where they run and in which tiles is left out, unless results depend on the tiles: those of
    a network that sees whole tiles, and of short numbers, which are rounded as sizes suggest.
    """
    upscaler = equipment.upscaler
    exact = upscaler.local and upscaler.compute.dtype == torch.float32
    return {
        "srcli": __version__,
        "weights_sha256": equipment.sha256,
        "size": asdict(request.size),
        "if_large_enough": request.if_large_enough,
        "quality": request.quality,
        "finish": asdict(request.finish),
        "ensemble": request.ensemble,
        "precision": str(upscaler.compute.dtype),
        "tile": None if exact else [one.tile for one in upscaler.tiled],
        "official_tiles": request.official_tiles,
        "borders": request.borders,
    }
