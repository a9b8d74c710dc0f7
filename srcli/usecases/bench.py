"""Measure models on data sets by the published protocol."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from srcli.bench.baselines import baselines_for
from srcli.bench.curves import to_svg
from srcli.bench.datasets import Dataset, folder_dataset
from srcli.bench.fetch import obtain_dataset
from srcli.bench.page import to_html
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
from srcli.bench.runner import Bench, run_bench
from srcli.bench.sheet import Sheet, crop_sheet
from srcli.errors import UnknownFormat, UnknownName, UsageError, listed
from srcli.files.atomic import refuse_existing, write_file
from srcli.metrics.protocol import Protocol
from srcli.metrics.protocols import PROTOCOLS
from srcli.report.tables import Table
from srcli.spelling import did_you_mean
from srcli.usecases.bench_candidates import candidates_of
from srcli.usecases.bench_metrics import extra_metrics_of
from srcli.usecases.bench_request import BenchRequest

DATA_VARIABLE = "SRCLI_DATA_DIR"
TELLING_SCALE = 4.0
"""Crops are shown at the largest scale up to this one; beyond it all models look alike."""
FIGURE_SUFFIX = ".svg"
FORMATS = ("table", "md", "csv", "json", "latex", "html")


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
        UsageError: nothing to measure, an unknown form, or a metric without its weights.
        DataError: a data set or the store cannot be used.
        WeightsError: a model or the weights of a metric cannot be used.
        UnwritableFile: a file is there already, or cannot be written.
        DiskFull: there is no room for a file.

    """
    _check(request)
    _check_names(request)
    _check_outputs(request)
    protocol = _protocol(request)
    datasets = _datasets(request)
    plan = Bench(
        datasets=datasets,
        candidates=candidates_of(request, baselines_for(protocol)),
        scales=request.scales,
        protocol=protocol,
        extra=extra_metrics_of(request),
        store=request.store,
    )
    report = Report(
        records=run_bench(plan, on_record=on_record),
        protocol=plan.protocol,
        published=request.published,
        versus=request.versus,
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
    named = (("model", request.models), ("scale", request.scales), ("way", request.ways))
    for what, given in named:
        if len(set(given)) != len(given):
            msg = f"A {what} is named twice."
            raise UsageError(msg)


def _check_names(request: BenchRequest) -> None:
    if request.versus and request.versus not in request.models:
        msg = f"{request.versus} is not among the models that are measured."
        raise UnknownName(msg, hint="Name it with --model too.")


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
