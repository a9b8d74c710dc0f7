"""The configuration of a training run. Runs of equal configurations are equal."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from srcli.engine.device import Precision
from srcli.training.losses import LossName

Schedule = Literal["cosine", "step"]
OptimizerName = Literal["adam", "muon"]
Degradation = Literal[
    "bicubic",
    "photo",
    "wild",
    "noisy",
    "blurred",
    "sharpened",
    "compressed",
    "jpeg",
    "noise",
    "mosaic",
]
MANY_WAYS: tuple[Degradation, ...] = ("wild", "noisy", "blurred", "sharpened", "compressed")
"""Degradations that draw from many reductions and faults, and tell how strong these are."""
RESTORED: tuple[Degradation, ...] = ("jpeg", "noise", "mosaic")
"""Degradations that keep the size; a restoration network is trained for one of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainConfig:
    """A training run.

    Attributes:
        network: name in the catalogue of networks.
        preset: name of the network's configuration.
        scale: scale of a network of a fixed scale; None for any ratio.
        steps: number of steps of the whole run.
        batch: number of patches in a step.
        patch: side of a target patch, in HR pixels. A network of any ratio has larger patches at
            ratios above 2, so that the grid of its trunk keeps its size.
        loss: loss that is minimised, mean absolute (``l1``) or mean squared (``l2``) error.
        optimizer: Adam, or Muon for the kernels inside the network and Adam for the rest.
        learning_rate: largest learning rate of the run.
        warmup: number of steps in which the learning rate rises linearly.
        hold: share of the run after which the learning rate falls.
        ema: decay of the exponential moving average of the weights, which is the model that is
            kept. The average covers at most about a tenth of the steps so far.
        clip: largest norm of the gradient; 0 for no limit.
        recursive: share of batches that train a later pass of the recursion. The input of such a
            pass is the network's own output, and its ratio is in the first range (any ratio only).
        range_weights: weights of the ranges of ratios that the network distinguishes, joined by
            commas. A range is drawn in proportion to its weight. Empty means equal weights.
        whole_ratios: share of batches at the largest ratio of their range, a whole number. All
            other ratios of the range are alike.
        degradation: how inputs are made. They are reduced as in the benchmarks (``bicubic``), also
            blurred, noisy and compressed (``photo``), or degraded in the many ways of pictures on
            the web (``wild``). All of these may be noisy (``noisy``), blurred (``blurred``),
            sharpened (``sharpened``) or compressed (``compressed``). A restoration network has
            inputs that are compressed (``jpeg``), noisy (``noise``) or a Bayer mosaic
            (``mosaic``).
        taught_share: share of patches at a factor for which there are results of a teacher that
            are cut out of these.
        drawn: share of patches that show drawn scenes, such as text and screens.
        kept_noise: share of patches whose target keeps a part of LR's noise. The network is told
            the strength of the other part (degradations of ``MANY_WAYS`` only).
        precision: precision of the convolutions. With float16, the loss is scaled so that no
            gradient vanishes.
        seed: seed of weights, crops and ratios.
        schedule: way in which the learning rate falls: as a half cosine to zero (``cosine``), or by
            halves (``step``).
        halve_every: share of the run between two halvings of the schedule ``step``.

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
    whole_ratios: float = 0.4
    degradation: Degradation = "bicubic"
    taught_share: float = 0.5
    drawn: float = 0.0
    kept_noise: float = 0.0
    precision: Precision = "float32"
    seed: int = 0
    schedule: Schedule = "cosine"
    halve_every: float = 0.1

    def weights(self) -> tuple[float, ...]:
        """Return the numbers in ``range_weights``.

        Raises:
            ValueError: a weight is not a finite number of 0 or more, or all weights are 0.

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
