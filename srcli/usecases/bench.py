"""Measure models on data sets by the published protocol."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from srcli.bench.baselines import Upscale, baselines_for
from srcli.bench.curves import to_svg
from srcli.bench.datasets import Dataset, folder_dataset
from srcli.bench.fetch import obtain_dataset
from srcli.bench.page import to_html
from srcli.bench.published import Choice
from srcli.bench.records import Record
from srcli.bench.report import (
    Report,
    tables_of,
    to_csv,
    to_image_csv,
    to_json,
    to_latex,
    to_markdown,
)
from srcli.bench.runner import Bench, Candidate, run_bench
from srcli.bench.sheet import Sheet, crop_sheet
from srcli.engine.device import choose_compute
from srcli.engine.network_runner import NetworkRunner, UpscaleOptions
from srcli.engine.recursion import scaled_size
from srcli.errors import UnknownFormat, UnknownName, UsageError, listed
from srcli.files.atomic import refuse_existing, write_file
from srcli.metrics.protocol import Protocol
from srcli.metrics.protocols import PROTOCOLS
from srcli.pipeline.loaded_models import LoadedModels, ModelLoader
from srcli.report.tables import Table
from srcli.spelling import did_you_mean

DATA_VARIABLE = "SRCLI_DATA_DIR"
TELLING_SCALE = 4.0
"""Crops are shown at the largest scale up to this one; beyond it all models look alike."""
UNIT = 1000
"""Side of a picture whose plan stands for those of all sizes."""
FIGURE_SUFFIX = ".svg"
FORMATS = ("table", "md", "csv", "json", "latex", "html")


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchRequest:
    """What to measure, on what, and how to tell it.

    Attributes:
        models: ids, weights files, or the baselines nearest, bicubic, lanczos.
        scales: ratios above 1; 1 for restoration.
        protocol: letter of the protocol, one of ``PROTOCOLS``.
        datasets: names of data sets, or ``name@revision`` for the hub's of that revision.
        data: a folder of HR pictures to measure on as well.
        lr: the LR pictures that belong to ``data``; made of them if None.
        data_dir: where data sets are looked for first.
        offline: use no network, whatever the settings say.
        published: set the model beside published methods: of light networks, or all.
        store: file of records; what is there already is not measured again.
        form: one of ``FORMATS``.
        crops: how many pictures of each data set get a crop sheet in the HTML page.
        device: auto, cpu, cuda, cuda:1 or mps.
        precision: of the convolutions: float32, bfloat16 or float16.
        tile: side of a tile in pixels of the network's input; None for a default.
        ensemble: average over the eight symmetries.
        official_tiles: cut as the networks' authors did.
        pad_border: show the networks a mirrored border around the picture, as ``upscale`` does.
        output: file that the report is written to.
        figure: SVG file that quality over scale is drawn to.
        image_csv: file that every measurement of every picture is written to.
        overwrite: replace these files.

    """

    models: tuple[str, ...]
    scales: tuple[float, ...]
    protocol: str = "A"
    datasets: tuple[str, ...] = ()
    data: Path | None = None
    lr: Path | None = None
    data_dir: Path | None = None
    offline: bool = False
    published: Choice | None = None
    store: Path | None = None
    form: str = "table"
    crops: int = 1
    device: str = "auto"
    precision: str = "float32"
    tile: int | None = None
    ensemble: bool = False
    official_tiles: bool = False
    pad_border: bool = False
    output: Path | None = None
    figure: Path | None = None
    image_csv: Path | None = None
    overwrite: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchResult:
    """What was measured.

    Attributes:
        tables: for a terminal.
        text: the report in the form asked for; empty for ``table``.
        failures: records of pictures that could not be measured.

    """

    tables: tuple[Table, ...]
    text: str
    failures: tuple[Record, ...] = field(default=())


def bench(request: BenchRequest, on_record: Callable[[Record], None]) -> BenchResult:
    """Measure, and write the report.

    Raises:
        UsageError: nothing to measure, or an unknown form.
        DataError: a data set or the store cannot be used.
        WeightsError: a model cannot be used.
        UnwritableFile: a file is there already, or cannot be written.
        DiskFull: there is no room for a file.

    """
    _check(request)
    _check_outputs(request)
    datasets = _datasets(request)
    plan = Bench(
        datasets=datasets,
        candidates=_candidates(request),
        scales=request.scales,
        protocol=_protocol(request),
        store=request.store,
    )
    report = Report(
        records=run_bench(plan, on_record=on_record),
        protocol=plan.protocol,
        published=request.published,
    )
    text = _text(request, report, plan)
    if request.output is not None:
        write_file(request.output, text.encode(), overwrite=request.overwrite)
    if request.figure is not None:
        write_file(request.figure, to_svg(report.rows).encode(), overwrite=request.overwrite)
    if request.image_csv is not None:
        write_file(request.image_csv, to_image_csv(report).encode(), overwrite=request.overwrite)
    return BenchResult(
        tables=tables_of(report),
        text=text,
        failures=tuple(record for record in report.records if record.error),
    )


def _check(request: BenchRequest) -> None:
    if not request.datasets and request.data is None:
        msg = "There is nothing to measure on."
        raise UsageError(msg, hint="Name a data set with --dataset, or a folder with --data.")
    if request.form not in FORMATS:
        msg = f"{request.form!r} is no format of a report."
        hint = f"Choose one of {listed(FORMATS)}."
        raise UnknownFormat(msg, hint=did_you_mean(request.form, FORMATS, otherwise=hint))
    if request.lr is not None and request.data is None:
        msg = "LR pictures belong to a folder of HR pictures."
        raise UsageError(msg, hint="Name the folder of HR pictures with --data.")
    for what, given in (("model", request.models), ("scale", request.scales)):
        if len(set(given)) != len(given):
            msg = f"A {what} is named twice."
            raise UsageError(msg)


def _protocol(request: BenchRequest) -> Protocol:
    if request.protocol not in PROTOCOLS:
        msg = f"There is no protocol {request.protocol}."
        raise UnknownName(msg, hint=f"Choose one of {listed(PROTOCOLS)}.")
    return PROTOCOLS[request.protocol]


def _check_outputs(request: BenchRequest) -> None:
    """Refuse before any work what could not be written after it."""
    if request.output is not None and request.form == "table":
        msg = "A table is for the terminal."
        raise UsageError(msg, hint="Write a file with --format md, csv, json, latex or html.")
    if request.figure is not None and request.figure.suffix.lower() != FIGURE_SUFFIX:
        msg = f"{request.figure} does not end in {FIGURE_SUFFIX}."
        raise UnknownFormat(msg, hint="Figures are drawn as SVG.")
    if request.figure is not None and len(request.scales) == 1:
        msg = "A curve needs two scales."
        raise UsageError(msg, hint="Write --scale 1.1..8:0.1.")
    written = (request.output, request.figure, request.image_csv)
    files = [path.resolve() for path in (request.store, *written) if path]
    twice = next((path for path in files if files.count(path) > 1), None)
    if twice is not None:
        msg = f"{twice} is named twice."
        raise UsageError(msg, hint="Records, report, figure and CSV file are four files.")
    for path in written:
        if path is not None and not request.overwrite:
            refuse_existing(path)


def _datasets(request: BenchRequest) -> list[Dataset]:
    roots = [request.data_dir] if request.data_dir else []
    if os.environ.get(DATA_VARIABLE):
        roots.append(Path(os.environ[DATA_VARIABLE]))
    found = [obtain_dataset(name, roots, offline=request.offline) for name in request.datasets]
    if request.data is not None:
        found.append(folder_dataset(request.data, request.lr))
    names = [dataset.name for dataset in found]
    if len(set(names)) != len(names):
        msg = f"Two data sets have one name: {listed(names)}."
        raise UsageError(msg, hint="Measure them one after the other.")
    return found


def _candidates(request: BenchRequest) -> list[Candidate]:
    """Return the baselines, and each model at each scale."""
    compute = choose_compute(request.device, request.precision)
    options = UpscaleOptions(
        tile=request.tile,
        ensemble=request.ensemble,
        official_tiles=request.official_tiles,
        pad_border=request.pad_border,
    )
    loader = ModelLoader(compute, options, offline=request.offline)
    bare = ModelLoader(compute, replace(options, pad_border=False), offline=request.offline)
    candidates = []
    baselines = baselines_for(_protocol(request))
    for model in request.models:
        if model in baselines:
            candidates.append(Candidate(model=model, upscale=baselines[model]))
            continue
        for scale in request.scales:
            one = _candidate(model, scale, loader.load(model, scale), tile=request.tile)
            if request.pad_border:  # the padding is a large part of a small picture
                one = replace(one, macs_probe=_upscale(bare.load(model, scale).runner))
            candidates.append(one)
    return candidates


def _upscale(runner: NetworkRunner) -> Upscale:
    return lambda lr, size, ratio: runner(lr, size, ratio=ratio)


def _candidate(model: str, scale: float, models: LoadedModels, *, tile: int | None) -> Candidate:
    runner = models.runner
    return Candidate(
        model=model,
        upscale=_upscale(runner),
        sha256="+".join(models.sha256),
        device=runner.compute.device.type,
        dtype=str(runner.compute.dtype).removeprefix("torch."),
        options=" ".join(_options(scale, runner, tile)),
        parameters=models.parameters,
        scales=(scale,),
        local=runner.is_local,
    )


def _options(scale: float, runner: NetworkRunner, tile: int | None) -> Iterator[str]:
    """Yield what changes pixels beside the weights and the scale."""
    if runner.ensemble:
        yield "ensemble"
    if runner.official_tiles:
        yield "official-tiles"
    elif tile is not None and not runner.is_local:
        yield f"tile-{tile}"
    if runner.pads_border:
        yield "frame"
    own = runner.network.traits.scale
    if own is not None and own != scale:
        yield "passes"
        passes = runner.plan_passes((UNIT, UNIT), scaled_size((UNIT, UNIT), (scale, scale)), scale)
        yield from ("resize" if step.resample else f"x{step.ratio:g}" for step in passes)


def _text(request: BenchRequest, report: Report, plan: Bench) -> str:
    if request.form == "html":
        return to_html(report, _sheets(request, report, plan))
    writers = {"md": to_markdown, "csv": to_csv, "json": to_json, "latex": to_latex}
    return writers[request.form](report) if request.form in writers else ""


def _sheets(request: BenchRequest, report: Report, plan: Bench) -> list[Sheet]:
    """Cut crops from pictures that were measured without failure."""
    scale = max(
        (one for one in request.scales if one <= TELLING_SCALE), default=min(request.scales)
    )
    failed = {record.task.image for record in report.records if record.error}
    candidates = [one for one in plan.candidates if one.serves(scale)]
    return [
        crop_sheet(dataset, index, candidates, scale, protocol=plan.protocol)
        for dataset in plan.datasets
        for index in [i for i, path in enumerate(dataset.images) if path.name not in failed][
            : request.crops
        ]
    ]
