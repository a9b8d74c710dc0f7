"""One step of training. Nothing in it waits for the device."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor, nn

from srcli.engine.device import PRECISIONS, Compute
from srcli.networks.spec import AnyRatioNetwork, SrNetwork
from srcli.training.config import TrainConfig
from srcli.training.crop_batch import CropBatch, Resizing
from srcli.training.losses import LOSSES
from srcli.training.process_group import ProcessGroup
from srcli.training.state import TrainState


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Two numbers of a step, on the device. Reading them waits for the step.

    Attributes:
        loss: loss before the step.
        norm: norm of the gradient before it was clipped.

    """

    loss: Tensor
    norm: Tensor


class Batch(Protocol):
    """A batch to learn from, on any device or still a plan."""

    def on(self, device: torch.device) -> CropBatch:
        """Return the batch on ``device``."""
        ...


class Step:
    """Makes the steps of a run. It does not update the average, but runs first passes with it.

    Args:
        state: state that a step changes.
        config: the run.
        group: the processes that train together, with the device of this one.
        resizing: how crops are resized.

    """

    def __init__(
        self, state: TrainState, config: TrainConfig, group: ProcessGroup, resizing: Resizing
    ) -> None:
        self.state = state
        self.config = config
        self.group = group
        self.resizing = resizing
        self.compute = Compute(device=group.device, dtype=PRECISIONS[config.precision])

    def __call__(self, batch: Batch, rate: float) -> Outcome:
        """Send a batch to the device, and learn from it at a learning rate."""
        return self.learn(batch.on(self.group.device), rate)

    def learn(self, batch: CropBatch, rate: float | Tensor) -> Outcome:
        """Learn from a batch that is on the device."""
        state = self.state
        with _tried_convolutions():
            state.optimizer.zero_grad()
            loss = self._loss(batch)
            state.scaler.scale(loss).backward()  # type: ignore[no-untyped-call] # PyTorch's own
        self.group.average_gradients(state.network.parameters())
        state.scaler.unscale_(state.optimizer)
        norm = nn.utils.clip_grad_norm_(state.network.parameters(), self.config.clip or math.inf)
        for group in state.optimizer.param_groups:
            group["lr"] = rate
        state.scaler.step(state.optimizer)
        state.scaler.update()
        return Outcome(loss=loss.detach(), norm=norm)

    def _loss(self, batch: CropBatch) -> Tensor:
        shown = batch.train_batch(self._predict, self.resizing)
        self.state.network.train()
        output = self._call(self.state.network, shown.image, shown.ratio, shown.strengths)
        return LOSSES[self.config.loss](output.to(shown.target.dtype), shown.target)

    def _call(
        self, network: SrNetwork, image: Tensor, ratio: float, strengths: Tensor | None
    ) -> Tensor:
        image = image.contiguous(memory_format=torch.channels_last)
        with self.compute.autocast():
            if isinstance(network, AnyRatioNetwork):
                return network(image, ratio, strengths if network.traits.told else None)
            return network(image)

    @torch.no_grad()
    def _predict(self, image: Tensor, ratio: float, strengths: Tensor | None) -> Tensor:
        """Run one pass of the average, as the recursion does."""
        made = self._call(self.state.average, image, ratio, strengths)
        return made.to(image.dtype).clamp_(0, 1)


@contextmanager
def _tried_convolutions() -> Iterator[None]:
    """Let cuDNN benchmark its algorithms for each new shape of a convolution.

    This pays in training alone: batches have few shapes, and pictures of a validation have many.
    """
    before = torch.backends.cudnn.benchmark
    torch.backends.cudnn.benchmark = True
    try:
        yield
    finally:
        torch.backends.cudnn.benchmark = before
