"""The training loop, nothing else."""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - PyTorch's own usage

from srcli.engine.device import Compute
from srcli.training.config import Degradation, TrainConfig
from srcli.training.degrade import (
    MARGIN,
    Reduce,
    Sample,
    any_ratio_sample,
    fixed_scale_sample,
    recursive_sample,
    reduce_bicubic,
)
from srcli.training.optimizer import make_optimizer
from srcli.training.patches import Corpus, CropSource
from srcli.training.photo import degrade_photo
from srcli.training.restore import degrade_jpeg, degrade_noise
from srcli.training.state import TrainState, update_average
from srcli.training.validate import Validation, validate
from srcli.weights.checkpoint import Model, save_model

STATE_FILE = "state.pt"
BEST_FILE = "best.safetensors"
LAST_FILE = "last.safetensors"
METRICS_FILE = "metrics.jsonl"

DEGRADE: Mapping[Degradation, Callable[[Tensor, Random], Tensor]] = {
    "photo": degrade_photo,
    "jpeg": degrade_jpeg,
    "noise": degrade_noise,
}
"""What happens to pictures (B, 3, H, W), uint8, after they were reduced."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """How often, in steps, a run reports its loss, and validates and saves."""

    report: int = 100
    validate: int = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """News of a run: mean L1 loss since the last report, and a validation if there was one."""

    step: int
    loss: float
    rate: float
    seconds: float
    validation: Validation | None = None


class Trainer:
    """One run: a network, its average, where they learn from and where they are kept.

    Args:
        model: the network, with the weights to start from.
        config: the run.
        corpus: what to learn from and what to validate on.
        out: folder for the state, the best and last weights, and the metrics.
        compute: where to run; its precision is used for validation, the run's for training.

    """

    def __init__(
        self,
        model: Model,
        config: TrainConfig,
        *,
        corpus: Corpus,
        out: Path,
        compute: Compute,
    ) -> None:
        network = model.network
        self.header = model.header
        self.config = config
        self.pictures = corpus.validation
        self.out = out
        self.compute = compute
        network.to(compute.device)
        network.to(memory_format=torch.channels_last)  # type: ignore[call-overload] # not in stubs
        margin = MARGIN if config.scale is None else 0
        self.source = CropSource(corpus.files, config.patch + 2 * margin)
        self.network = network
        self.average = copy.deepcopy(network)
        self.state = TrainState(
            network=network, average=self.average, optimizer=make_optimizer(network, config)
        )
        out.mkdir(parents=True, exist_ok=True)

    def resume(self) -> bool:
        """Go on from the saved state, if there is one."""
        path = self.out / STATE_FILE
        if not path.is_file():
            return False
        self.state.load(path, self.config)
        return True

    def run(
        self,
        listen: Callable[[Report], None],
        *,
        interval: Interval,
        stop: Callable[[], bool] = lambda: False,
    ) -> None:
        """Train to the end, or until ``stop``; then save, so that it can be resumed."""
        losses: list[float] = []
        began = time.monotonic()
        while self.state.step < self.config.steps and not stop():
            losses.append(self._step())
            if self.state.step % interval.report == 0:
                seconds = (time.monotonic() - began) / len(losses)
                self._tell(listen, losses, seconds, checked=self._is_due(interval))
                losses, began = [], time.monotonic()
        self._save()

    def _is_due(self, interval: Interval) -> bool:
        step = self.state.step
        return step % interval.validate == 0 or step == self.config.steps

    def _step(self) -> float:
        config, state = self.config, self.state
        sample = self._sample(Random(f"{config.seed}:{state.step}"))
        rate = config.rate_at(state.step)
        for group in state.optimizer.param_groups:
            group["lr"] = rate
        self.network.train()
        state.optimizer.zero_grad()
        with torch.autocast(
            self.compute.device.type, torch.bfloat16, enabled=config.precision == "bfloat16"
        ):
            output = self._call(self.network, sample.image, sample.ratio)
        loss = F.l1_loss(output.float(), sample.target)
        loss.backward()  # type: ignore[no-untyped-call] # PyTorch's own
        nn.utils.clip_grad_norm_(self.network.parameters(), config.clip)
        state.optimizer.step()
        update_average(self.average, self.network, config.ema, state.step)
        state.step += 1
        return loss.item()

    def _sample(self, random: Random) -> Sample:
        crops = self.source.draw(self.config.batch, random).to(self.compute.device)
        reduce = _reducer(self.config.degradation, random)
        if self.config.scale is not None:
            sample = fixed_scale_sample(crops, self.config.scale, reduce)
        elif random.random() < self.config.recursive:
            sample = recursive_sample(crops, random, self._predict, reduce)
        else:
            sample = any_ratio_sample(crops, random, reduce)
        return Sample(
            image=sample.image.contiguous(memory_format=torch.channels_last),
            target=sample.target,
            ratio=sample.ratio,
        )

    def _call(self, network: nn.Module, image: Tensor, ratio: float | None) -> Tensor:
        output: Tensor = network(image) if ratio is None else network(image, ratio)
        return output

    @torch.no_grad()
    def _predict(self, image: Tensor, ratio: float) -> Tensor:
        """Run one pass of the average, as the recursion will."""
        with torch.autocast(
            self.compute.device.type, torch.bfloat16, enabled=self.config.precision == "bfloat16"
        ):
            output = self._call(
                self.average, image.contiguous(memory_format=torch.channels_last), ratio
            )
        return output.float().clamp_(0, 1)

    def _tell(
        self,
        listen: Callable[[Report], None],
        losses: list[float],
        seconds: float,
        *,
        checked: bool,
    ) -> None:
        report = Report(
            step=self.state.step,
            loss=sum(losses) / len(losses),
            rate=self.config.rate_at(self.state.step - 1),
            seconds=seconds,
            validation=self._validate() if checked else None,
        )
        with (self.out / METRICS_FILE).open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(report)) + "\n")
        listen(report)

    def _validate(self) -> Validation:
        validation = validate(
            self.average, self.pictures, self.compute, degradation=self.config.degradation
        )
        if validation.mean > self.state.best:
            self.state.best = validation.mean
            self._save_weights(BEST_FILE)
        self._save()
        return validation

    def _save(self) -> None:
        self.state.save(self.out / STATE_FILE, self.config)
        self._save_weights(LAST_FILE)

    def _save_weights(self, name: str) -> None:
        save_model(self.out / name, self.average.state_dict(), self.header)


def _reducer(degradation: Degradation, random: Random) -> Reduce:
    degrade = DEGRADE.get(degradation)
    if degrade is None:
        return reduce_bicubic

    def reduce(crops: Tensor, side: int) -> Tensor:
        reduced = reduce_bicubic(crops, side)
        return degrade(reduced.cpu(), random).to(reduced.device)

    return reduce
