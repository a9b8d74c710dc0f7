"""From HR patches to what a network is shown: MATLAB-exact bicubic reduction in 8 bits."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random

import torch
from torch import Tensor

from srcli.networks.spec import NetworkTraits
from srcli.pixels.products import resize_by_products, resize_uint8_by_products
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
class Resizing:
    """How squares are resized.

    Attributes:
        reduce: HR crops to LR of a side, in 8 bits.
        enlarge: an image (B, 3, P, P) to a window of a square of a side, in floating point.

    """

    reduce: Reduce
    enlarge: Callable[[Tensor, int, Region], Tensor]


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

    def sample(self, predict: Predict, resizing: Resizing | None = None) -> Sample:
        """Make what the network is shown; ``predict`` runs a first pass."""
        resizing = resizing or BY_TAPS
        reduced = self.reduced
        if reduced is None:
            reduced = resizing.reduce(self.crops, self.side)
        image, side = reduced / 255, self.crops.shape[2]
        if self.margin is None:
            return Sample(image=image, target=self.crops / 255, ratio=None)
        if self.first is not None:
            enlarged = self.first * image.shape[2]
            whole = Region.whole((enlarged, enlarged))
            bicubic = resizing.enlarge(image, enlarged, whole)
            image = predict(bicubic, float(self.first), self.strengths)
        end = side - self.margin
        inner = Region(top=self.margin, bottom=end, left=self.margin, right=end)
        return Sample(
            image=resizing.enlarge(image, side, inner),
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


BY_TAPS = Resizing(
    reduce=reduce_bicubic,
    enlarge=lambda image, side, region: resize(image, (side, side), region=region),
)
BY_PRODUCTS = Resizing(
    reduce=resize_uint8_by_products,
    enlarge=lambda image, side, region: resize_by_products(image, side, region=region),
)
"""The same levels of 8 bits, and floating point but for its rounding: for a GPU."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """All sizes of a batch: two of one outline are work of the same shapes.

    Attributes:
        crop: side of the HR crops, margins included.
        side: of LR.
        margin, first: as of :class:`Pair`.

    """

    crop: int
    side: int
    margin: int | None
    first: int | None = None

    def pair(self, crops: Tensor, reduce: Reduce | None) -> Pair:
        """Reduce HR crops (B, 3, P, P) uint8; no ``reduce`` leaves a bicubic one for later."""
        reduced = reduce and reduce(crops, self.side)
        return Pair(
            crops=crops, side=self.side, reduced=reduced, margin=self.margin, first=self.first
        )


def fixed_scale_outline(patch: int, scale: int) -> Outline:
    """Return the sizes for a network of a fixed scale, of which ``patch`` is a multiple."""
    return Outline(crop=patch, side=patch // scale, margin=None)


def any_ratio_outline(crop: int, side: int, margin: int, *, first: int | None = None) -> Outline:
    """Return the sizes for one pass, or for a first one by a ratio of ``first`` and another.

    Args:
        crop: side of the HR crops.
        side: of what the last pass enlarges.
        margin: of the crops.
        first: ratio of the first of two passes; None for a single pass.

    """
    return Outline(crop=crop, side=math.ceil(side / (first or 1)), margin=margin, first=first)
