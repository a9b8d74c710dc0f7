"""Train small variants of a network on equal budgets, and measure them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from torch import Tensor

from srcli.ablation.catalog import ABLATIONS
from srcli.ablation.plan import Ablation, Budget, Line, Variant
from srcli.ablation.table import Measured, ablation_table
from srcli.bench.baselines import Upscale
from srcli.bench.datasets import Dataset, folder_dataset
from srcli.bench.records import Record
from srcli.bench.runner import Bench, Candidate, run_bench
from srcli.bench.summary import summarize
from srcli.engine.device import choose_compute
from srcli.engine.network_runner import NetworkRunner
from srcli.errors import DataError, UnknownName, listed
from srcli.files.digest import sha256_of
from srcli.networks.catalog import NETWORKS
from srcli.report.tables import Table
from srcli.spelling import did_you_mean
from srcli.training.loop import LAST_FILE, Report
from srcli.usecases.train import train
from srcli.usecases.train_checks import make_config
from srcli.usecases.train_request import TrainRequest
from srcli.weights.formats.checkpoint import count_parameters, load_model

RECORDS_FILE = "records.jsonl"
HOLD = 0.3
"""Share of a run after which the learning rate falls."""
LONGEST_WARMUP = 100


class AblationListener(Protocol):
    """What is told of an ablation."""

    def begin(self, variant: str, number: int, count: int, steps: int) -> None:
        """Hear that a variant, counted from 1, begins to learn or goes on."""

    def report(self, report: Report) -> None:
        """Hear of the losses and validations of the variant."""

    def tick(self, step: int, loss: float | None) -> None:
        """Hear of a step of the variant."""

    def record(self, record: Record) -> None:
        """Hear of a picture that was measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AblateRequest:
    """Which ablation, on what, and where it is kept.

    Attributes:
        name: name in ``ABLATIONS``.
        data: folder of HR pictures to learn from.
        test: folder of HR pictures to measure on. Nothing is chosen by them.
        out: folder for the runs and the records.
        steps: steps of each variant; None for those of the ablation.
        seed: seed of every run.
        device: as :func:`srcli.engine.device.choose_device` knows it.
        resume: go on with the runs in ``out``.

    """

    name: str
    data: Path
    test: Path
    out: Path
    steps: int | None = None
    seed: int = 0
    device: str = "auto"
    resume: bool = False


def ablate(
    request: AblateRequest,
    listener: AblationListener,
    interrupted: Callable[[], bool] = lambda: False,
) -> Table | None:
    """Train every variant, measure it, and return the table; None if interrupted.

    The weights that are measured are the average at the end of a run. So the pictures that are
    measured choose nothing, and a seed gives one table.

    Raises:
        UnknownName: there is no such ablation.
        AlreadyExists: ``out`` holds runs that are not to be resumed.
        DataError: no pictures, or one that cannot be measured.
        UsageError, OutOfMemory, UnwritableFile, DiskFull: see :func:`srcli.usecases.train.train`.

    """
    if request.name not in ABLATIONS:
        msg = f"There is no ablation called {request.name!r}."
        hint = f"Choose one of {listed(ABLATIONS)}."
        raise UnknownName(msg, hint=did_you_mean(request.name, ABLATIONS, otherwise=hint))
    ablation = ABLATIONS[request.name]
    budget = replace(ablation.budget, steps=request.steps or ablation.budget.steps)
    dataset = folder_dataset(request.test)
    for number, variant in enumerate(ablation.variants, start=1):
        listener.begin(variant.name, number, len(ablation.variants), budget.steps)
        run = _run(request, ablation, variant, budget)
        train(run, listener.report, interrupted, tick=listener.tick)
        if interrupted():
            return None
    return ablation_table(
        ablation,
        budget,
        _measure(request, ablation, dataset, listener),
        seed=request.seed,
        dataset=dataset.name,
    )


def _run(
    request: AblateRequest, ablation: Ablation, variant: Variant, budget: Budget
) -> TrainRequest:
    config = make_config(
        device=request.device,
        network=ablation.network,
        preset=next(iter(NETWORKS[ablation.network].presets)),
        scale=ablation.scale,
        steps=budget.steps,
        batch=budget.batch,
        patch=budget.patch,
        seed=request.seed,
        hold=HOLD,
        warmup=min(LONGEST_WARMUP, budget.steps // 5),
    )
    return TrainRequest(
        config=config,
        shape=variant.config,
        data=request.data,
        val=request.test,
        out=request.out / variant.name.replace(" ", "-"),
        resume=request.resume,
        validate_every=budget.steps,
        val_pictures=1,
        device=request.device,
    )


def _measure(
    request: AblateRequest, ablation: Ablation, dataset: Dataset, listener: AblationListener
) -> dict[tuple[str, float], Measured]:
    """Measure every line, by label and scale; pictures that were measured before are not again."""
    bench = Bench(
        datasets=(dataset,),
        candidates=[_candidate(request, line) for line in ablation.lines],
        scales=tuple(dict.fromkeys(line.scale for line in ablation.lines)),
        store=request.out / RECORDS_FILE,
    )
    records = run_bench(bench, on_record=listener.record)
    failure = next((record for record in records if record.error), None)
    if failure is not None:
        msg = f"{failure.task.image} cannot be measured. {failure.error}"
        raise DataError(msg, hint="Give other pictures with --test.")
    return {
        (row.model, row.scale): Measured(
            psnr_y=row.scores.psnr_y, parameters=row.parameters, kmacs=row.kmacs
        )
        for row in summarize(records)
        if row.scores is not None
    }


def _candidate(request: AblateRequest, line: Line) -> Candidate:
    path = request.out / line.variant.replace(" ", "-") / LAST_FILE
    network = load_model(path).network
    runner = NetworkRunner(network, choose_compute(request.device, "float32"))
    return Candidate(
        model=line.label,
        upscale=_upscale(runner, line),
        sha256=sha256_of(path),
        device=runner.compute.device.type,
        options=" ".join(f"x{ratio:g}" for ratio in line.ratios),
        parameters=count_parameters(network),
        scales=(line.scale,),
        local=runner.is_local,
    )


def _upscale(runner: NetworkRunner, line: Line) -> Upscale:
    """Return how a line enlarges: along its own passes, or as usual."""

    def along_passes(lr: Tensor, size: tuple[int, int], ratio: float) -> Tensor:
        if not line.ratios:
            return runner(lr, size, ratio=ratio)
        return runner.run_passes(lr, line.passes((lr.shape[2], lr.shape[3]), size))

    return along_passes
