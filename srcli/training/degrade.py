"""From HR patches to what a network is shown: MATLAB-exact bicubic reduction in 8 bits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random

import torch
from torch import Tensor

from srcli.pixels.region import Region
from srcli.pixels.resize import resize, resize_uint8

MARGIN = 8
"""HR pixels around a patch that resizing needs as context and that are then cut off."""

SHARE_OF_TWO = 0.4
"""Share of batches at ratio 2, which every factor above 2 passes through."""

LEAST_RATIO = 1.08


Reduce = Callable[[Tensor, int], Tensor]
"""HR crops (B, 3, P, P), uint8, to LR of the given side, uint8."""
Predict = Callable[[Tensor, float], Tensor]
"""One pass of a network of any ratio: enlarged image and ratio to image, in [0, 1]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A batch: input and target (B, 3, H, W) in [0, 1]; ``ratio`` for a network of any."""

    image: Tensor
    target: Tensor
    ratio: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """HR crops and what reduction makes of them, still in 8 bits: a quarter of the bytes to move.

    Attributes:
        crops: HR, (B, 3, P, P) uint8; for a network of any ratio with ``MARGIN`` pixels on each
            side to be cut off.
        side: of LR.
        reduced: LR, (B, 3, side, side) uint8; None for a bicubic reduction still to be made, on
            the device that the crops will be on.
        passes: that lead from one to the other: none of a network of a fixed scale; of two the
            network makes the first itself, and the second is to be trained.

    """

    crops: Tensor
    side: int
    reduced: Tensor | None
    passes: int

    def on(self, device: torch.device) -> Pair:
        """Return the same on ``device``."""
        reduced = None if self.reduced is None else self.reduced.to(device)
        return replace(self, crops=self.crops.to(device), reduced=reduced)

    def sample(self, predict: Predict) -> Sample:
        """Make what the network is shown; ``predict`` runs a first pass."""
        reduced = self.reduced
        if reduced is None:
            reduced = reduce_bicubic(self.crops, self.side)
        image, side = reduced / 255, self.crops.shape[2]
        if self.passes == 0:
            return Sample(image=image, target=self.crops / 255, ratio=None)
        if self.passes > 1:
            doubled = 2 * image.shape[2]
            image = predict(resize(image, (doubled, doubled)), 2.0)
        inner = Region(top=MARGIN, bottom=side - MARGIN, left=MARGIN, right=side - MARGIN)
        enlarged = resize(image, (side, side), region=inner)
        return Sample(
            image=enlarged, target=inner.of(self.crops) / 255, ratio=side / image.shape[2]
        )


def reduce_bicubic(crops: Tensor, side: int) -> Tensor:
    """Reduce as the benchmarks do."""
    return resize_uint8(crops, (side, side))


def fixed_scale_pair(crops: Tensor, scale: int, reduce: Reduce | None = reduce_bicubic) -> Pair:
    """Reduce HR crops (B, 3, P, P) uint8 by ``scale``, or leave it for later; P is a multiple."""
    return _pair(crops, crops.shape[2] // scale, reduce, passes=0)


def any_ratio_pair(
    crops: Tensor, random: Random, reduce: Reduce | None = reduce_bicubic, *, passes: int = 1
) -> Pair:
    """Reduce HR crops by a factor that needs so many passes: in (1, 2], or in (2, 4].

    The largest is drawn with probability ``SHARE_OF_TWO``, otherwise all are alike.

    Args:
        crops: (B, 3, P, P) uint8 with margins.
        random: decides the factor.
        reduce: makes LR; None leaves a bicubic reduction for later.
        passes: 1 or 2.

    """
    side, later = crops.shape[2], 2 ** (passes - 1)
    least, most = side // (2 * later), int(side / (later * LEAST_RATIO))
    chosen = least if random.random() < SHARE_OF_TWO else random.randint(least, most)
    return _pair(crops, chosen, reduce, passes=passes)


def _pair(crops: Tensor, side: int, reduce: Reduce | None, *, passes: int) -> Pair:
    reduced = None if reduce is None else reduce(crops, side)
    return Pair(crops=crops, side=side, reduced=reduced, passes=passes)
