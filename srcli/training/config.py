"""What a training run is, completely: two runs of equal configurations are equal."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from srcli.engine.device import Precision
from srcli.training.losses import LossName

Schedule = Literal["cosine", "step"]
OptimizerName = Literal["adam", "muon"]
Degradation = Literal["bicubic", "photo", "wild", "jpeg", "noise"]
RESTORED: tuple[Degradation, ...] = ("jpeg", "noise")
"""The degradations that keep the size: tasks of a restoration network."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainConfig:
    """A training run.

    Attributes:
        network: name in the network catalogue.
        preset: the network's named configuration.
        scale: factor of a fixed-scale network; None for any ratio.
        steps: optimiser steps of the whole run.
        batch: patches a step.
        patch: side of a target patch, in HR pixels; of a network of any ratio, at ratios up to
            2. Patches for larger ratios show its trunk as large a grid.
        loss: what is made small: mean absolute (``l1``) or squared (``l2``) error.
        optimizer: Adam, or Muon for the kernels inside the network and Adam for the rest.
        learning_rate: at its highest.
        warmup: steps of linear rise.
        hold: share of the run after which the learning rate falls.
        schedule: how: as a half cosine to zero, or by halves.
        halve_every: of the step schedule: share of the run between one halving and the next.
        ema: decay of the exponential moving average of the weights, which is what is kept; its
            memory is at most about a tenth of the steps so far.
        clip: largest norm of the gradient; 0 for any.
        recursive: share of batches that train a later pass of the recursion: their input is
            the network's own output, not a reduced picture (any ratio only).
        range_weights: how often each range of ratios that the network distinguishes is drawn,
            in relation to the others: numbers joined by commas; empty if all are alike.
        degradation: how inputs come to be: reduced as the benchmarks are (``bicubic``), blurred,
            noisy and compressed as well (``photo``), or reduced and spoilt in the many ways of
            pictures in the wild (``wild``); for a restoration network compressed, or noisy.
        drawn: share of patches that are drawn, such as text and screens, and not cut out of
            pictures.
        kept_noise: share of patches in whose target a part of LR's noise stays, while the strengths
            tell of the rest alone (``wild`` only).
        precision: of the convolutions; with float16 the loss is scaled so that no gradient
            vanishes.
        seed: of weights, crops and ratios.

    """

    network: str
    preset: str
    scale: int | None = None
    steps: int
    batch: int = 16
    patch: int = 96
    loss: LossName = "l1"
    optimizer: OptimizerName = "muon"
    learning_rate: float = 1e-3
    warmup: int = 200
    hold: float = 0.5
    ema: float = 0.999
    clip: float = 1.0
    recursive: float = 0.0
    range_weights: str = ""
    degradation: Degradation = "bicubic"
    drawn: float = 0.0
    kept_noise: float = 0.0
    precision: Precision = "float32"
    seed: int = 0
    schedule: Schedule = "cosine"
    halve_every: float = 0.1

    def weights(self) -> tuple[float, ...]:
        """Return the numbers in ``range_weights``.

        Raises:
            ValueError: one is no finite number of 0 or more, or all are 0.

        """
        numbers = tuple(float(part) for part in self.range_weights.split(",") if part.strip())
        if numbers and not (min(numbers) >= 0 and 0 < sum(numbers) < math.inf):
            msg = f"{self.range_weights!r} are no weights"
            raise ValueError(msg)
        return numbers

    def rate_at(self, step: int) -> float:
        """Return the learning rate of a step, counted from 0."""
        rise = min(1.0, (step + 1) / max(1, self.warmup))
        start = self.hold * self.steps
        if self.schedule == "step":
            halvings = (step - start) // max(1.0, self.halve_every * self.steps) + 1
            return self.learning_rate * rise * math.pow(0.5, max(0.0, halvings))
        fallen = max(0.0, (step - start) / max(1.0, self.steps - start))
        return self.learning_rate * rise * 0.5 * (1 + math.cos(math.pi * min(1.0, fallen)))
