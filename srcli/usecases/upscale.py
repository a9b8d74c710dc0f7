"""Enlarge pictures: files in, files out."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path

import torch

from srcli import __version__
from srcli.batch.cluster import run_cluster
from srcli.batch.earlier import earlier_results
from srcli.batch.earlier_objects import earlier_objects
from srcli.batch.fingerprint import settings_fingerprint
from srcli.batch.ledger import Ledger, NoLedger
from srcli.batch.local import run_local
from srcli.batch.manifest import Manifest
from srcli.batch.naming import Job, Jobs, Naming, paths_below
from srcli.batch.object_notes import either, noted_result, record_folder
from srcli.batch.outcome import Listener, Outcome, SilentListener
from srcli.batch.outputs import OnClash, plan_outputs
from srcli.batch.personal import FolderRecords, PersonalLedger, PersonalRecord, personal_folder
from srcli.batch.place import ResultFolder
from srcli.batch.plan import Planned, plan_picture
from srcli.batch.recorded import ManifestView
from srcli.batch.stages import BatchContext
from srcli.engine.device import AUTO_PRECISION, choose_compute
from srcli.engine.host import limit_memory
from srcli.engine.network_runner import UpscaleOptions
from srcli.errors import listed
from srcli.files.objects.address import Location, ObjectPath, is_folder, located
from srcli.files.objects.client import check_bucket
from srcli.images.discover import OnUnread, find_sources, ignore
from srcli.images.formats import remedies
from srcli.images.found import FoundFiles
from srcli.pipeline.choose import RULE
from srcli.pipeline.loaded_models import LoadedModels, ModelLoader
from srcli.pipeline.output_spec import OutputSpec
from srcli.pipeline.run import Pipeline
from srcli.usecases.clashes import Clashes
from srcli.usecases.upscale_request import TEMPLATE, UpscaleRequest, check_denoise
from srcli.weights.providers.store import is_file_name

logger = logging.getLogger(__name__)


def upscale(request: UpscaleRequest, listener: Listener | None = None) -> Iterator[Outcome]:
    """Enlarge every picture of a request, in order; a bad one does not stop the rest.

    Where results go into one folder, it keeps a manifest: what is done is not done again,
    whatever ended the run before, and other runs may work beside this one. That is the folder
    given as output, or else a folder that is the only input. Results beside single pictures,
    and a single named file, leave nothing but themselves; the user's own record says that they
    were made. A picture whose result would be written over another picture or result fails.

    Raises:
        UsageError: the request makes no sense, or every picture clashes with another.
        UnreadableImage: a folder cannot be listed.
        UnwritableFile: the folder of the manifest does not allow writing.
        DiskFull: the manifest finds no room.
        DataError: the manifest is of a later version.
        WeightsError: the model cannot be used.

    """
    listener = listener or SilentListener()
    jobs, clashes = _find_and_tell(request)
    models = prepare(request)
    yield from clashes.tell(listener)
    yield from make(jobs, request, models, listener, result_folder(request))


def make(
    jobs: Sequence[Job],
    request: UpscaleRequest,
    models: LoadedModels,
    listener: Listener,
    place: ResultFolder | None,
) -> Iterator[Outcome]:
    """Enlarge some of the pictures of a request; see ``upscale``.

    ``place`` is the folder of ``batch_folder``, the same object for all of a request.
    """
    listener.found(len(jobs))
    with _ledger(request, jobs, models, place) as ledger:
        context = BatchContext(
            pipeline=Pipeline(output_spec(request), models),
            ledger=ledger,
            fail_fast=request.fail_fast,
            settings=settings_fingerprint(_settings(request, models)),
        )
        if request.cluster:
            loads = partial(load_pipeline, request)
            yield from run_cluster(jobs, context, listener, request.cluster, loads)
        else:
            yield from run_local(jobs, context, listener)


def load_pipeline(request: UpscaleRequest) -> Pipeline:
    """Load what makes the pictures of a request, as ``upscale`` does and each of its workers."""
    return Pipeline(output_spec(request), prepare(request))


def plan(request: UpscaleRequest) -> Iterator[Planned]:
    """Say what ``upscale`` would do about each picture, without writing anything.

    With ``auto``, pictures that would be made are decoded, because their pixels decide.

    Raises:
        UsageError: as ``upscale``; so do the other errors.

    """
    jobs, clashes = _find_and_tell(request)
    models = prepare(request)
    pipeline = Pipeline(output_spec(request), models)
    for job, error in clashes.news():
        yield Planned(job=job, action="fail", error=error)
    with _view(request, jobs, models) as ledger:
        for job in jobs:
            yield plan_picture(job, ledger.claim, pipeline)


def find_jobs(
    request: UpscaleRequest,
    *,
    allow_none: bool = False,
    earlier: Collection[Location] = (),
    on_clash: OnClash | None = None,
    on_unread: OnUnread = ignore,
) -> Sequence[Job]:
    """Find the pictures of a request and name their results.

    Results of earlier runs are no pictures to be enlarged again, unless they are named
    themselves: see ``earlier_results``. Of pictures that clash, one that is ``earlier`` comes
    first, and ``on_clash`` is told of the others, which are left out; ``on_unread`` of pictures
    whose formats are not read.

    Raises:
        UsageError: nothing is found and that is not allowed, a name or size makes no sense, or
            results clash and there is no ``on_clash``.
        UnreadableImage: a folder cannot be listed.

    """
    request.size.check()
    sources = find_sources(request.inputs, allow_none=allow_none, on_unread=on_unread)
    named = {located(given) for given in request.inputs}
    if len(sources) > len(named) or any(source.path not in named for source in sources):
        known = _earlier(request, sources) - named
        if known:
            kept = (n for n, one in enumerate(sources) if one.path not in known)
            sources = sources.take(kept)
    naming = Naming(
        output=request.output,
        template=request.template,
        scale=request.size.label(),
        model=_model_name(request),
        suffix=request.suffix,
    )
    if earlier:
        first = [source.path not in earlier for source in sources]
        sources = sources.take(sorted(range(len(sources)), key=first.__getitem__))
    jobs = plan_outputs(sources, naming, on_clash=on_clash)
    shard = request.shard
    if shard is None:
        return jobs
    part = [number for number, below in enumerate(paths_below(jobs)) if shard.holds(below)]
    return jobs.take(part) if isinstance(jobs, Jobs) else [jobs[number] for number in part]


def _earlier(request: UpscaleRequest, sources: FoundFiles) -> frozenset[Location]:
    """Return which sources are results of earlier runs; see ``earlier_results``."""
    templates = tuple(dict.fromkeys((request.template, TEMPLATE)))
    here, there = sources.split()
    folder = batch_folder(request)
    local = earlier_results(here, folder if isinstance(folder, Path) else None, templates=templates)
    return local.union(earlier_objects(there, folder, templates=templates))


def _find_and_tell(request: UpscaleRequest) -> tuple[Sequence[Job], Clashes]:
    """Find the pictures of a request, and say which were left alone; also those that clash."""
    output = located(request.output)
    if isinstance(output, ObjectPath):
        check_bucket(output)
    unread: list[Location] = []
    clashes = Clashes()
    jobs = find_jobs(request, on_unread=unread.append, on_clash=clashes.add)
    clashes.keep(request.shard)
    nothing_left = not jobs and request.shard is None
    if clashes.first and (nothing_left or "{stem}" not in request.template):
        raise clashes.first
    if unread:
        suffixes = listed(sorted({path.suffix.lower() for path in unread}))
        count, verb = (
            ("1 picture", "is") if len(unread) == 1 else (f"{len(unread)} pictures", "are")
        )
        remedy = remedies(unread)
        told = f"{count} {verb} left alone, as srcli does not read {suffixes}. {remedy}"
        logger.warning("%s", told.rstrip())
    return jobs, clashes


def _model_name(request: UpscaleRequest) -> str:
    """Return what the model is called in names of results and in manifests."""
    return Path(request.model).stem if is_file_name(request.model) else request.model


def prepare(request: UpscaleRequest) -> LoadedModels:
    """Load the networks of a request and choose their device.

    Raises:
        WeightsError: the model cannot be used.
        UsageError: there is no such device or precision, or the model cannot denoise.

    """
    if request.denoise is not None:
        check_denoise(request.model, request.denoise)
    ratio = max(request.size.scale) if request.size.scale else None
    if request.memory:
        limit_memory(request.memory)
    compute = choose_compute(request.device, request.precision)
    options = UpscaleOptions(
        tile=request.tile,
        ensemble=request.ensemble,
        official_tiles=request.official_tiles,
        pad_border=True,
        borders=request.borders,
    )
    loader = ModelLoader(compute, options, offline=request.offline, auto=request.auto)
    return loader.load(request.model, ratio)


def output_spec(request: UpscaleRequest) -> OutputSpec:
    """Return what the pipeline must know of a request."""
    return OutputSpec(
        resolve=request.size.resolve,
        when_large=request.if_large_enough,
        options=request.options,
        borders=request.borders,
        hidden=request.alpha,
        rules=request.rules,
        quality=request.quality,
        guard=request.guard,
        denoise=request.denoise,
    )


def batch_folder(request: UpscaleRequest) -> Location | None:
    """The folder that all results go below, if they go below one."""
    if request.output:
        return located(request.output)
    if len(request.inputs) == 1 and is_folder(request.inputs[0]):
        return located(request.inputs[0])
    return None


def result_folder(request: UpscaleRequest) -> ResultFolder | None:
    """Return the folder that keeps the record, for a run: it enters it and checks that it stays.

    That is ``batch_folder``, or a folder of the tool's own if that is in a bucket.
    """
    folder = batch_folder(request)
    return ResultFolder(record_folder(folder)) if folder is not None else None


def _has_manifest(request: UpscaleRequest, jobs: Sequence[Job]) -> bool:
    """Tell whether the results go below one folder, which keeps a manifest then."""
    folder = batch_folder(request)
    return folder is not None and not (len(jobs) == 1 and jobs[0].output == folder)


@contextmanager
def _ledger(
    request: UpscaleRequest, jobs: Sequence[Job], models: LoadedModels, place: ResultFolder | None
) -> Iterator[Ledger]:
    """Open the manifest where the results go below one folder, else the user's own record."""
    settings, overwrite = _settings(request, models), request.overwrite
    model = _model_name(request)
    personal = personal_folder()
    if jobs and place and _has_manifest(request, jobs):
        elsewhere = either(noted_result, PersonalRecord().find)
        with Manifest(
            place, settings, overwrite=overwrite, model=model, elsewhere=elsewhere
        ) as manifest:
            yield manifest
    elif jobs and personal:
        with PersonalLedger(personal, settings, overwrite=overwrite, model=model) as record:
            yield record
    else:
        yield NoLedger(overwrite=overwrite)


@contextmanager
def _view(request: UpscaleRequest, jobs: Sequence[Job], models: LoadedModels) -> Iterator[Ledger]:
    """As ``_ledger``, to be read only."""
    inside = _has_manifest(request, jobs)
    results = batch_folder(request) if inside else None
    folder = record_folder(results) if results is not None else personal_folder()
    if folder is None or not jobs:
        yield NoLedger(overwrite=request.overwrite)
        return
    record = PersonalRecord() if inside else FolderRecords()
    elsewhere = either(noted_result, record.find)
    with ManifestView(
        folder,
        _settings(request, models),
        overwrite=request.overwrite,
        model=_model_name(request),
        elsewhere=elsewhere,
    ) as view:
        yield view


def _settings(request: UpscaleRequest, models: LoadedModels) -> dict[str, object]:
    """All that the content of results depends on, beside their sources.

    Where they run and in which tiles is left out, unless results depend on the tiles: those of
    a network that sees whole tiles, and of short numbers, which are rounded as sizes suggest.
    The type that ``auto`` computes in is the machine's affair, too: it loses nothing.
    """
    runner = models.runner
    adapts = request.precision == AUTO_PRECISION
    runners = (runner, *(one.runner for one in models.named.values()))
    exact = adapts or runner.compute.dtype == torch.float32
    exact = exact and all(one.is_local for one in runners)
    return {
        "srcli": __version__,
        "weights_sha256": models.sha256,
        "size": asdict(request.size),
        "if_large_enough": request.if_large_enough,
        "quality": request.quality,
        "finish": asdict(request.options),
        "ensemble": request.ensemble,
        "precision": AUTO_PRECISION if adapts else str(runner.compute.dtype),
        "tile": None if exact else [each.tile for one in runners for each in one.tiled_traits],
        "official_tiles": request.official_tiles,
        "borders": request.borders,
        "alpha": request.alpha,
        "rule": RULE if models.chooses else None,
        "guard": request.guard,
        **({} if request.denoise is None else {"denoise": request.denoise}),
        **({"auto": dict(request.auto)} if models.named else {}),
    }
