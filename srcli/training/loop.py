"""The loop of a training run."""

from __future__ import annotations

import copy
import json
import math
import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean
from typing import BinaryIO

import torch

from srcli.engine.device import Compute
from srcli.errors import BadTile, DataError, UsageError
from srcli.files.atomic import disk_errors
from srcli.training.batch_sampler import largest_crop
from srcli.training.batch_workers import prepared
from srcli.training.batches import choose_batches
from srcli.training.config import TrainConfig
from srcli.training.optimizer import make_optimizer
from srcli.training.patches import Corpus, CropSource, TaughtCrops
from srcli.training.process_group import ProcessGroup
from srcli.training.state import TrainState, update_average
from srcli.training.step import Outcome
from srcli.training.validate import Validation, validate
from srcli.weights.formats.checkpoint import Model, save_model

STATE_FILE = "state.pt"
BEST_FILE = "best.safetensors"
LAST_FILE = "last.safetensors"
METRICS_FILE = "metrics.jsonl"
SMALLEST_SCALE = 2.0**-16
"""Smallest scale of the loss. It starts at 2^16, and is halved when a gradient is not finite."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """How often a run reports, validates and saves. It does all three at its end too.

    Attributes:
        report: steps between two reports.
        validate: steps between two validations. A validated run is saved.
        save: seconds after which a run is saved again.

    """

    report: int = 100
    validate: int = 2000
    save: float = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A report of a run.

    Attributes:
        step: number of finished steps.
        loss: mean loss since the last report. It is None without a step since then, if a missing
            validation is made up for.
        rate: learning rate of the last step.
        seconds: mean time of a step.
        validation: the validation after this step; None if there was none.

    """

    step: int
    loss: float | None
    rate: float
    seconds: float
    validation: Validation | None = None


def _unheard(step: int, loss: float | None) -> None:
    """Ignore a step."""


class Trainer:
    """Trains a network, and keeps its state, its weights and its metrics in a folder.

    Args:
        model: network with the weights to start from.
        config: configuration of the run.
        corpus: pictures to learn from and to validate on.
        out: folder for the state, the best and last weights, and the metrics. It must exist.
        group: processes that train the network, and the device of this process.

    """

    def __init__(
        self, model: Model, config: TrainConfig, *, corpus: Corpus, out: Path, group: ProcessGroup
    ) -> None:
        network = model.network
        self.header = model.header
        self.config = config
        self.pictures = corpus.validation
        self.out = out
        self.group = group
        network.to(group.device)
        network.to(memory_format=torch.channels_last)  # type: ignore[call-overload] # not in stubs
        self.network = network
        self.average = copy.deepcopy(network)
        self.saved = time.monotonic()
        self.state = TrainState(
            network=network,
            average=self.average,
            optimizer=make_optimizer(network, config),
            scaler=torch.amp.GradScaler(group.device.type, enabled=config.precision == "float16"),
            pictures=corpus.identity,
        )
        taught = {
            factor: TaughtCrops(files=files, side=largest_crop(network.traits, config, factor))
            for factor, files in corpus.taught.items()
        }
        source = CropSource(
            corpus.files,
            largest_crop(network.traits, config),
            taught=taught,
            taught_share=config.taught_share,
        )
        self.batches = choose_batches(source, network.traits, self.state, config, group)
        self.pending: list[Outcome] = []
        self.losses: list[float] = []

    def resume(self) -> None:
        """Continue from the saved state.

        Raises:
            DataError: the state is damaged, belongs to another run, or has more steps than this
                run.

        """
        path = self.out / STATE_FILE
        self.state.load(path, self.config)
        if self.state.step > self.config.steps:
            msg = f"{path} is at step {self.state.step} already."
            raise DataError(msg, hint=f"Give more --steps than {self.config.steps}.")

    def run(
        self,
        listen: Callable[[Report], None],
        *,
        interval: Interval,
        stop: Callable[[], bool] = lambda: False,
        tick: Callable[[int, float | None], None] = _unheard,
        loaders: int = 0,
    ) -> None:
        """Train to the end, or until ``stop`` is true, and save the state.

        Args:
            listen: receives reports, in the first process only.
            interval: intervals of reports, validations and saves.
            stop: asked before every step. If it is true in one process, all processes stop.
            tick: receives the number of steps after every step, in the first process only. It
                also receives the loss if that is known without waiting, as on a CPU.
            loaders: number of processes that make batches ahead. It changes no result.

        Raises:
            UsageError: training diverged. The last saved state stays.
            OutOfMemory: a batch does not fit into memory.
            UnwritableFile, DiskFull: the folder cannot be written to.

        """
        if self._is_due(interval) and self.state.validated < self.state.step:
            self._tell(listen, time.monotonic(), checked=True)
        self.saved = began = time.monotonic()
        steps = range(self.state.step, self.config.steps)
        loaders = 0 if self.batches.are_plans else loaders
        with prepared(self.batches.make, steps, processes=loaders) as batches:
            while self.state.step < self.config.steps and not self.group.any(stop()):
                self._step(next(batches))
                if self.group.is_first:
                    tick(self.state.step, None if self.pending else self.losses[-1])
                checked = self._is_due(interval)
                if checked or self.state.step % interval.report == 0:
                    self._tell(listen, began, checked=checked)
                    began = time.monotonic()
                if time.monotonic() > self.saved + interval.save:
                    self._save()
        self._save()

    def _is_due(self, interval: Interval) -> bool:
        step = self.state.step
        return step % interval.validate == 0 or step == self.config.steps

    def _step(self, batch: object) -> None:
        """Make a step. On a GPU, it may still run when this returns."""
        config, state = self.config, self.state
        self.pending.append(self.batches.learn(batch, config.rate_at(state.step)))
        update_average(self.average, self.network, config.ema, state.step)
        state.step += 1
        if self._is_known_at_once():
            self._settle()

    def _is_known_at_once(self) -> bool:
        """Tell whether a step is finished when its call returns, as on a CPU."""
        return self.group.device.type == "cpu"

    def _settle(self) -> None:
        """Wait for the running steps, and note their losses.

        Raises:
            UsageError: the gradient of a step was not finite. A scaled loss allows that until
                its scale is the smallest.

        """
        first, scaler = self.state.step - len(self.pending), self.state.scaler
        outcomes, self.pending = self.pending, []
        if not outcomes:
            return
        told = torch.stack([value for one in outcomes for value in (one.loss, one.norm)]).tolist()
        self.losses += told[::2]
        if scaler.is_enabled():
            if scaler.get_scale() <= SMALLEST_SCALE:
                raise self._diverged(self.state.step - 1)
            return
        for step, norm in enumerate(told[1::2], start=first):
            if not math.isfinite(norm):
                raise self._diverged(step)

    def _tell(self, listen: Callable[[Report], None], began: float, *, checked: bool) -> None:
        """Report the steps since the last report, which was made at the time ``began``."""
        self._settle()
        seconds = (time.monotonic() - began) / max(1, len(self.losses))
        everyone = self.group.gather(self.losses)
        self.losses = []
        report = Report(
            step=self.state.step,
            loss=fmean(everyone) if everyone else None,
            rate=self.config.rate_at(self.state.step - 1),
            seconds=seconds if everyone else 0.0,
            validation=self._validate() if checked else None,
        )
        if self.group.is_first:
            _append_line(self.out / METRICS_FILE, json.dumps(asdict(report)))
            listen(report)

    def _validate(self) -> Validation:
        self._save()
        try:
            validation = validate(
                self.average,
                self.pictures,
                Compute(device=self.group.device),
                degradation=self.config.degradation,
                group=self.group,
            )
        except BadTile as error:
            raise self._diverged(self.state.step) from error
        if validation.mean > self.state.best:
            self.state.best = validation.mean
            self._save_weights(BEST_FILE)
        self.state.validated = self.state.step
        self._save()
        return validation

    def _diverged(self, step: int) -> UsageError:
        msg = f"Training diverged at step {step}: its values are no longer numbers."
        return UsageError(msg, hint="Start again with a lower --lr, or a --clip of 1 or less.")

    def _save(self) -> None:
        self._settle()
        if not self.state.is_finite():
            raise self._diverged(self.state.step)
        if self.group.is_first:
            self.state.save(self.out / STATE_FILE, self.config)
        self._save_weights(LAST_FILE)
        self.saved = time.monotonic()

    def _save_weights(self, name: str) -> None:
        if self.group.is_first:
            with disk_errors(self.out / name):
                save_model(self.out / name, self.average.state_dict(), self.header)


def _append_line(path: Path, line: str) -> None:
    """Append a line to a file. A last line without an end gets one first.

    Raises:
        UnwritableFile, DiskFull: the file cannot be written.

    """
    with disk_errors(path), path.open("ab+") as file:
        whole = file.tell() == 0 or _last_byte(file) == b"\n"
        file.write(("" if whole else "\n").encode() + line.encode() + b"\n")


def _last_byte(file: BinaryIO) -> bytes:
    file.seek(-1, os.SEEK_END)
    return file.read(1)
