"""From HR patches to what a network is shown: MATLAB-exact bicubic reduction in 8 bits."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random

import torch
from torch import Tensor

from srcli.networks.spec import NetworkTraits
from srcli.pixels.region import Region
from srcli.pixels.resize import resize, resize_uint8

CONTEXT = 4
"""LR pixels around a patch that resizing needs and that are then cut off."""

SHARE_OF_LARGEST = 0.4
"""Share of a range's batches that are at its largest ratio: whole factors are asked for most."""

LEAST_RATIO = 1.08

Reduce = Callable[[Tensor, int], Tensor]
"""HR crops (B, 3, P, P), uint8, to LR of the given side, uint8."""
Predict = Callable[[Tensor, float, Tensor | None], Tensor]
"""One pass of a network of any ratio: enlarged image, ratio, strengths to image, in [0, 1]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A batch: input and target (B, 3, H, W) in [0, 1]; ``ratio`` for a network of any.

    ``strengths`` (B, 2), for a network that is told how spoilt its input is: see ``Pair``.
    """

    image: Tensor
    target: Tensor
    ratio: float | None
    strengths: Tensor | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RatioRange:
    """A range of ratios that patches of one size serve.

    Attributes:
        least: the ratio above which the range begins.
        most: its largest ratio.
        patch: side of a target patch, in HR pixels.
        margin: HR pixels around a patch that are cut off.

    """

    least: float
    most: float
    patch: int
    margin: int

    @property
    def side(self) -> int:
        """Side of a crop with its margins."""
        return self.patch + 2 * self.margin

    def draw_side(self, random: Random) -> int:
        """Draw the side of LR; the largest ratio has ``SHARE_OF_LARGEST``, all others are alike."""
        smallest = math.ceil(self.side / self.most)
        largest = math.ceil(self.side / max(self.least, LEAST_RATIO)) - 1
        return smallest if random.random() < SHARE_OF_LARGEST else random.randint(smallest, largest)


def ratio_ranges(traits: NetworkTraits, patch: int) -> tuple[RatioRange, ...]:
    """Return the ranges that a network of any ratio distinguishes.

    Args:
        traits: of the network.
        patch: side of a target patch of the first range. Those of the others show the network's
            trunk as large a grid.

    """
    grids = [(reach.max_ratio, reach.size_multiple) for reach in traits.reaches]
    grids = grids or [(traits.max_ratio, 1)]
    ranges, least = [], 1.0
    for most, multiple in grids:
        side, margin = patch * multiple // grids[0][1], CONTEXT * math.ceil(most)
        ranges.append(RatioRange(least=least, most=most, patch=side, margin=margin))
        least = most
    return tuple(ranges)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """HR crops and what reduction makes of them, still in 8 bits: a quarter of the bytes to move.

    Attributes:
        crops: HR, (B, 3, P, P) uint8.
        side: of LR.
        reduced: LR, (B, 3, side, side) uint8; None for a bicubic reduction still to be made, on
            the device that the crops will be on.
        margin: pixels on each side of the crops that are cut off for a network of any ratio;
            None for one of a fixed scale.
        first: ratio of the pass that the network makes itself, before the pass that is to be
            trained; None if it makes none.
        strengths: how much each LR was spoilt, (B, 2) float32 in [0, 1], noise and compression;
            None where the degradation does not count it.

    """

    crops: Tensor
    side: int
    reduced: Tensor | None
    margin: int | None
    first: int | None = None
    strengths: Tensor | None = None

    def on(self, device: torch.device) -> Pair:
        """Return the same on ``device``; nothing waits for it."""
        reduced = None if self.reduced is None else sent(self.reduced, device)
        told = None if self.strengths is None else sent(self.strengths, device)
        return replace(self, crops=sent(self.crops, device), reduced=reduced, strengths=told)

    def sample(self, predict: Predict) -> Sample:
        """Make what the network is shown; ``predict`` runs a first pass."""
        reduced = self.reduced
        if reduced is None:
            reduced = reduce_bicubic(self.crops, self.side)
        image, side = reduced / 255, self.crops.shape[2]
        if self.margin is None:
            return Sample(image=image, target=self.crops / 255, ratio=None)
        if self.first is not None:
            enlarged = self.first * image.shape[2]
            bicubic = resize(image, (enlarged, enlarged))
            image = predict(bicubic, float(self.first), self.strengths)
        end = side - self.margin
        inner = Region(top=self.margin, bottom=end, left=self.margin, right=end)
        enlarged_inner = resize(image, (side, side), region=inner)
        return Sample(
            image=enlarged_inner,
            target=inner.of(self.crops) / 255,
            ratio=side / image.shape[2],
            strengths=self.strengths if self.first is None else None,
        )


def sent(tensor: Tensor, device: torch.device) -> Tensor:
    """Return a host's tensor on ``device``; a GPU fetches it when it gets that far."""
    tensor = tensor.pin_memory() if device.type == "cuda" else tensor
    return tensor.to(device, non_blocking=True)


def reduce_bicubic(crops: Tensor, side: int) -> Tensor:
    """Reduce as the benchmarks do."""
    return resize_uint8(crops, (side, side))


def fixed_scale_pair(crops: Tensor, scale: int, reduce: Reduce | None = reduce_bicubic) -> Pair:
    """Reduce HR crops (B, 3, P, P) uint8 by ``scale``, or leave it for later; P is a multiple."""
    side = crops.shape[2] // scale
    return Pair(crops=crops, side=side, reduced=reduce and reduce(crops, side), margin=None)


def any_ratio_pair(
    crops: Tensor,
    side: int,
    margin: int,
    reduce: Reduce | None = reduce_bicubic,
    *,
    first: int | None = None,
) -> Pair:
    """Reduce HR crops for one pass, or for a first one by a ratio of ``first`` and another.

    Args:
        crops: (B, 3, P, P) uint8 with margins.
        side: of what the last pass enlarges.
        margin: of the crops.
        reduce: makes LR; None leaves a bicubic reduction for later.
        first: ratio of the first of two passes; None for a single pass.

    """
    lr = math.ceil(side / (first or 1))
    reduced = reduce and reduce(crops, lr)
    return Pair(crops=crops, side=lr, reduced=reduced, margin=margin, first=first)
