"""Measures models on data sets, picture by picture, and resumes where it stopped."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from torch import Tensor

from srcli import __version__
from srcli.bench.baselines import Upscale
from srcli.bench.cost import kmacs_per_pixel, peak_memory
from srcli.bench.datasets import Dataset
from srcli.bench.image_pair import ImagePair
from srcli.bench.records import (
    USUAL_DTYPE,
    Conditions,
    Record,
    Task,
    append,
    appending,
    read_records,
)
from srcli.bench.spoiling import Spoiling, compared
from srcli.engine.side_by_side import one_thread
from srcli.errors import ImageError, OutOfMemory
from srcli.files.digest import sha256_of
from srcli.metrics.catalog import Metric
from srcli.metrics.protocol import PUBLISHED, Protocol, Scores, check_scale
from srcli.pixels.levels import from_levels


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Candidate:
    """A model or baseline to measure.

    Attributes:
        model: id of the model or baseline.
        upscale: enlarges one picture; may raise an ImageError or OutOfMemory.
        sha256: hash of the weights; empty for a baseline.
        device: kind of device that it runs on.
        dtype: precision that it runs in.
        options: settings that change pixels, such as ``ensemble``, joined by spaces.
        parameters: number of parameters; 0 for a baseline.
        scales: scales that it is measured at; empty for all.
        local: whether the work for a pixel is the same whatever the size of the picture.
        macs_probe: enlarges the small picture that the work is counted on; None for ``upscale``.

    """

    model: str
    upscale: Upscale
    sha256: str = ""
    device: str = "cpu"
    dtype: str = USUAL_DTYPE
    options: str = ""
    parameters: int = 0
    scales: tuple[float, ...] = ()
    local: bool = False
    macs_probe: Upscale | None = None

    def serves(self, scale: float) -> bool:
        """Tell whether it is measured at ``scale``."""
        return not self.scales or scale in self.scales

    def under(self, protocol: Protocol) -> Conditions:
        """Return the conditions that its records carry."""
        return Conditions(
            model=self.model,
            model_sha256=self.sha256,
            options=self.options,
            device=self.device,
            dtype=self.dtype,
            protocol=protocol.name,
            tool_version=__version__,
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Bench:
    """What to measure.

    Attributes:
        datasets: the data sets.
        candidates: the models and baselines. Several of one id serve different scales.
        scales: ratios above 1, or 1 for restoration.
        protocol: the way to compare.
        extra: metrics to measure as well.
        store: file that every new record is added to. A successful record in it, of the same
            pictures, weights and conditions, is not measured again.

    """

    datasets: Sequence[Dataset]
    candidates: Sequence[Candidate]
    scales: Sequence[float]
    protocol: Protocol = PUBLISHED
    extra: Sequence[Metric] = ()
    store: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _PictureTasks:
    """One HR file, its LR file if there is one, and the tasks on them."""

    hr: Path
    lr: Path | None
    jpeg: int | None
    spoiling: Spoiling | None
    jobs: tuple[tuple[Task, Candidate], ...]


def run_bench(
    bench: Bench, *, on_record: Callable[[Record], None] = lambda _: None
) -> tuple[Record, ...]:
    """Measure every candidate on every picture at every scale.

    Each picture is decoded once, and reduced once a scale. A picture that fails becomes a
    record with an error, and is tried again when the bench is resumed.

    Args:
        bench: what to measure.
        on_record: told of every record, old ones too.

    Returns:
        One record for each task, in the order of data sets, pictures, scales, candidates.

    Raises:
        UsageError: if a scale cannot be measured.
        DataError: if the store cannot be used.
        DiskFull: if there is no room for the next record.

    """
    for scale in bench.scales:
        check_scale(scale)
    found = read_records(bench.store) if bench.store else ()
    done = {record.task: record for record in found if _holds(record, bench.extra)}
    records = []
    kmacs: dict[tuple[Conditions, float], float] = {}
    with appending(bench.store) if bench.store else nullcontext() as file:
        for picture in _picture_tasks(bench):
            for record in _measured(picture, bench, done, kmacs):
                if file and record.task not in done:
                    append(file, record)
                records.append(record)
                on_record(record)
    return tuple(records)


def _picture_tasks(bench: Bench) -> Iterator[_PictureTasks]:
    for dataset in bench.datasets:
        lr_images = dataset.lr_images or (None,) * len(dataset.images)
        for hr, lr in zip(dataset.images, lr_images, strict=True):
            sha256 = _sha256(hr) + (_sha256(lr) if lr else "")
            jobs = tuple(
                (
                    Task(
                        dataset=dataset.name,
                        image=hr.name,
                        image_sha256=sha256,
                        scale=float(scale),
                        conditions=candidate.under(_protocol(dataset, bench)),
                    ),
                    candidate,
                )
                for scale in bench.scales
                for candidate in bench.candidates
                if candidate.serves(scale)
            )
            yield _PictureTasks(
                hr=hr, lr=lr, jpeg=dataset.jpeg, spoiling=dataset.spoiling, jobs=jobs
            )


def _protocol(dataset: Dataset, bench: Bench) -> Protocol:
    return dataset.spoiling.protocol if dataset.spoiling else bench.protocol


def _measured(
    picture: _PictureTasks,
    bench: Bench,
    done: dict[Task, Record],
    kmacs: dict[tuple[Conditions, float], float],
) -> Iterator[Record]:
    """Yield the old or new record of each task. Only what is needed is decoded and reduced."""
    images = ImagePair(
        picture.hr,
        picture.lr,
        jpeg=picture.jpeg,
        protocol=bench.protocol,
        spoiling=picture.spoiling,
    )
    for task, candidate in picture.jobs:
        if task in done:
            yield done[task]
            continue
        work = (task.conditions, task.scale)
        if work not in kmacs:
            kmacs[work] = kmacs_per_pixel(
                candidate.macs_probe or candidate.upscale, task.scale, local=candidate.local
            )
        try:
            with one_thread():
                lr, hr = images.pair(task.scale)
            compare = partial(
                compared,
                scale=task.scale,
                protocol=bench.protocol,
                spoiling=picture.spoiling,
                extra=bench.extra,
            )
            record = _measure(task, candidate, (lr, hr), compare)
            yield replace(record, kmacs=kmacs[work])
        except (ImageError, OutOfMemory) as error:
            yield Record(task=task, parameters=candidate.parameters, error=error.message)


def _holds(record: Record, extra: Sequence[Metric]) -> bool:
    """Tell whether a record is one of success, with all metrics that are asked for."""
    scores = record.scores
    return scores is not None and all(getattr(scores, metric.name) is not None for metric in extra)


def _measure(
    task: Task,
    candidate: Candidate,
    pair: tuple[Tensor, Tensor],
    compare: Callable[[Tensor, Tensor], Scores],
) -> Record:
    lr, hr = pair
    size = (hr.shape[2], hr.shape[3])
    low = from_levels(lr)
    with peak_memory(candidate.device) as peak:
        start = time.perf_counter()
        sr = candidate.upscale(low, size, task.scale)
        seconds = time.perf_counter() - start
    with one_thread():
        scores = compare(sr, hr)
    return Record(
        task=task,
        scores=scores,
        seconds=seconds,
        megapixels=size[0] * size[1] / 1e6,
        parameters=candidate.parameters,
        peak_memory=peak.size,
    )


def _sha256(path: Path) -> str:
    """Hash a file; empty if it cannot be read, which decoding it will report."""
    try:
        return sha256_of(path)
    except OSError:
        return ""
