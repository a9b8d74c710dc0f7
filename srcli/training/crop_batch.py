"""Batches on their way from HR crops to the input of a network.

Crops stay in 8 bits until they are on the device. Reduction is MATLAB's bicubic, exactly.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random

import torch
from torch import Tensor

from srcli.networks.spec import AnyRatioTraits
from srcli.pixels.matrix_resize import resize_by_matrices, resize_uint8_by_matrices
from srcli.pixels.region import Region
from srcli.pixels.resize import resize, resize_uint8
from srcli.pixels.sending import sent

CONTEXT = 4
"""LR pixels around a patch that resizing needs. They are cut off afterwards."""

LEAST_RATIO = 1.08
"""Smallest ratio that is drawn."""

Reduce = Callable[[Tensor, int], Tensor]
"""Reduces HR crops (B, 3, P, P), uint8, to LR of the given side, uint8."""
Predict = Callable[[Tensor, float, Tensor | None], Tensor]
"""Runs one pass of a network of any ratio: enlarged image, ratio and strengths to an image.

Images are in [0, 1].
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resizing:
    """A way to resize squares.

    Attributes:
        reduce: reduces HR crops to LR of a given side, in 8 bits.
        enlarge: enlarges an image (B, 3, P, P) to a square of a given side, and returns a window
            of it, in floating point.

    """

    reduce: Reduce
    enlarge: Callable[[Tensor, int, Region], Tensor]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainBatch:
    """A batch as a network learns from it.

    Attributes:
        image: input, (B, 3, H, W) in [0, 1].
        target: wanted output, (B, 3, H, W) in [0, 1].
        ratio: ratio of the pass. A network of a fixed scale is not told it.
        strengths: strengths of the degradation, as of ``CropBatch``.

    """

    image: Tensor
    target: Tensor
    ratio: float
    strengths: Tensor | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RatioRange:
    """A range of ratios for which patches have one size.

    Attributes:
        least: the ratio above which the range begins.
        most: the largest ratio of the range.
        patch: side of a target patch, in HR pixels.
        margin: HR pixels around a patch that are cut off after resizing.
        whole: whether the largest ratio alone is drawn, because the network has but one head.

    """

    least: float
    most: float
    patch: int
    margin: int
    whole: bool

    @property
    def side(self) -> int:
        """Side of a crop with its margins."""
        return self.patch + 2 * self.margin

    def draw_side(self, random: Random, share_of_largest: float) -> int:
        """Draw the side of LR: the largest ratio has a share of its own, the others are alike."""
        smallest = math.ceil(self.side / self.most)
        largest = math.ceil(self.side / max(self.least, LEAST_RATIO)) - 1
        if random.random() < share_of_largest or self.whole:
            return smallest
        return random.randint(smallest, largest)


def ratio_ranges(traits: AnyRatioTraits, patch: int) -> tuple[RatioRange, ...]:
    """Return the ranges of ratios that a network of any ratio distinguishes.

    Args:
        traits: traits of the network.
        patch: side of a target patch of the first range. Patches of the other ranges give the
            network's trunk a grid of the same size.

    """
    grids = [(reach.max_ratio, reach.size_multiple) for reach in traits.reaches]
    grids = grids or [(traits.max_ratio, 1)]
    ranges: list[RatioRange] = []
    least = 1.0
    for most, multiple in grids:
        side, margin = patch * multiple // grids[0][1], CONTEXT * math.ceil(most)
        ranges.append(
            RatioRange(least=least, most=most, patch=side, margin=margin, whole=bool(ranges))
        )
        least = most
    return tuple(ranges)


@dataclass(frozen=True, slots=True, kw_only=True)
class CropBatch:
    """HR crops and LR, still in 8 bits: a quarter of the bytes of float32 have to be moved.

    Attributes:
        crops: HR, (B, 3, P, P) uint8.
        side: side of LR.
        reduced: LR, (B, 3, side, side) uint8. None for a bicubic reduction that the device
            makes later.
        margin: pixels on each side of the crops that are cut off, for a network of any ratio.
            None for a fixed scale.
        first: ratio of a first pass, which the network makes before the pass that is trained.
            None if there is none.
        strengths: strengths of noise and compression in each LR, (B, 2) float32 in [0, 1]. None
            where the degradation does not measure them.

    """

    crops: Tensor
    side: int
    reduced: Tensor | None
    margin: int | None
    first: int | None = None
    strengths: Tensor | None = None

    def on(self, device: torch.device) -> CropBatch:
        """Return the same batch on ``device``, without waiting for the transfer."""
        reduced = None if self.reduced is None else sent(self.reduced, device)
        strengths = None if self.strengths is None else sent(self.strengths, device)
        return replace(self, crops=sent(self.crops, device), reduced=reduced, strengths=strengths)

    def train_batch(self, predict: Predict, resizing: Resizing | None = None) -> TrainBatch:
        """Return input and target of the network; ``predict`` runs the first pass."""
        resizing = resizing or BY_TAPS
        reduced = self.reduced
        if reduced is None:
            reduced = resizing.reduce(self.crops, self.side)
        image, side = reduced / 255, self.crops.shape[2]
        if self.margin is None:
            return TrainBatch(image=image, target=self.crops / 255, ratio=side / image.shape[2])
        if self.first is not None:
            enlarged = self.first * image.shape[2]
            whole = Region.whole((enlarged, enlarged))
            bicubic = resizing.enlarge(image, enlarged, whole)
            image = predict(bicubic, float(self.first), self.strengths)
        end = side - self.margin
        inner = Region(top=self.margin, bottom=end, left=self.margin, right=end)
        return TrainBatch(
            image=resizing.enlarge(image, side, inner),
            target=inner.of(self.crops) / 255,
            ratio=side / image.shape[2],
            strengths=self.strengths if self.first is None else None,
        )


def reduce_bicubic(crops: Tensor, side: int) -> Tensor:
    """Reduce as the benchmarks do."""
    return resize_uint8(crops, (side, side))


BY_TAPS = Resizing(
    reduce=reduce_bicubic,
    enlarge=lambda image, side, region: resize(image, (side, side), region=region),
)
BY_MATRICES = Resizing(
    reduce=resize_uint8_by_matrices,
    enlarge=lambda image, side, region: resize_by_matrices(image, side, region=region),
)
"""Equal to ``BY_TAPS`` in 8 bits, and up to rounding in floating point. It suits a GPU."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchShape:
    """All sizes of a batch: batches of equal shape have tensors of equal shapes.

    Attributes:
        crop: side of the HR crops, margins included.
        side: side of LR.
        margin, first: as of :class:`CropBatch`.

    """

    crop: int
    side: int
    margin: int | None
    first: int | None = None

    @property
    def factor(self) -> int | None:
        """The factor by which crops are reduced for a single pass, if it is a whole number."""
        factor, rest = divmod(self.crop, self.side)
        return None if rest or self.first is not None else factor

    def crop_batch(self, crops: Tensor, reduce: Reduce | None) -> CropBatch:
        """Reduce HR crops (B, 3, P, P) uint8; without ``reduce``, the device does it later."""
        reduced = reduce and reduce(crops, self.side)
        return CropBatch(
            crops=crops, side=self.side, reduced=reduced, margin=self.margin, first=self.first
        )


def fixed_scale_shape(patch: int, scale: int) -> BatchShape:
    """Return the shape for a network of a fixed scale; it must divide ``patch``."""
    return BatchShape(crop=patch, side=patch // scale, margin=None)


def any_ratio_shape(crop: int, side: int, margin: int, *, first: int | None = None) -> BatchShape:
    """Return the shape for a network of any ratio.

    Args:
        crop: side of the HR crops.
        side: side of the image that the trained pass enlarges.
        margin: margin of the crops.
        first: ratio of a first pass before it; None for a single pass.

    """
    return BatchShape(crop=crop, side=math.ceil(side / (first or 1)), margin=margin, first=first)
