"""From HR patches to what a network is shown: MATLAB-exact bicubic reduction in 8 bits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from torch import Tensor

from srcli.pixels.region import Region
from srcli.pixels.resize import resize, resize_uint8

MARGIN = 8
"""HR pixels around a patch that resizing needs as context and that are then cut off."""

SHARE_OF_TWO = 0.4
"""Share of batches at ratio 2, which every factor above 2 passes through."""

LEAST_RATIO = 1.08


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A batch: input and target (B, 3, H, W) in [0, 1]; ``ratio`` for a network of any."""

    image: Tensor
    target: Tensor
    ratio: float | None


Reduce = Callable[[Tensor, int], Tensor]
"""HR crops (B, 3, P, P), uint8, to LR of the given side, uint8."""


def reduce_bicubic(crops: Tensor, side: int) -> Tensor:
    """Reduce as the benchmarks do."""
    return resize_uint8(crops, (side, side))


def fixed_scale_sample(crops: Tensor, scale: int, reduce: Reduce = reduce_bicubic) -> Sample:
    """Reduce HR crops (B, 3, P, P) uint8 by ``scale``; P is a multiple of it."""
    reduced = reduce(crops, crops.shape[2] // scale)
    return Sample(image=reduced / 255, target=crops / 255, ratio=None)


def any_ratio_sample(crops: Tensor, random: Random, reduce: Reduce = reduce_bicubic) -> Sample:
    """Reduce HR crops by a ratio in (1, 2] and enlarge them again.

    Ratio 2 is drawn with probability ``SHARE_OF_TWO``, otherwise all are alike.

    Args:
        crops: (B, 3, P, P) uint8 with ``MARGIN`` pixels on each side to be cut off.
        random: decides the ratio.
        reduce: makes LR.

    """
    side = crops.shape[2]
    least, most = side // 2, int(side / LEAST_RATIO)
    reduced_side = least if random.random() < SHARE_OF_TWO else random.randint(least, most)
    reduced = reduce(crops, reduced_side) / 255
    return enlarged_sample(reduced, crops, side / reduced_side)


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstPass:
    """A batch whose input the network has yet to make, by doubling ``image``.

    Attributes:
        image: reduced and enlarged by 2, (B, 3, 2h, 2w) in [0, 1].
        crops: HR, (B, 3, P, P) uint8, with margins.
        ratio: of the pass after, which is to be trained.

    """

    image: Tensor
    crops: Tensor
    ratio: float

    def then(self, predict: Callable[[Tensor, float], Tensor]) -> Sample:
        """Run the first pass; ``predict`` is (enlarged image, ratio) to image in [0, 1]."""
        return enlarged_sample(predict(self.image, 2.0), self.crops, self.ratio)


def first_pass(crops: Tensor, random: Random, reduce: Reduce = reduce_bicubic) -> FirstPass:
    """Reduce by a factor in (2, 4], so that two passes are needed.

    Args:
        crops: as for :func:`any_ratio_sample`.
        random: decides the factor.
        reduce: makes LR.

    """
    side = crops.shape[2]
    quarter, most = side // 4, int(side / (2 * LEAST_RATIO))
    reduced_side = quarter if random.random() < SHARE_OF_TWO else random.randint(quarter, most)
    reduced = reduce(crops, reduced_side) / 255
    doubled = resize(reduced, (2 * reduced_side, 2 * reduced_side))
    return FirstPass(image=doubled, crops=crops, ratio=side / (2 * reduced_side))


def enlarged_sample(image: Tensor, crops: Tensor, ratio: float) -> Sample:
    """Enlarge ``image`` to the size of ``crops``, and cut the margins off both."""
    side = crops.shape[2]
    inner = Region(top=MARGIN, bottom=side - MARGIN, left=MARGIN, right=side - MARGIN)
    enlarged = resize(image, (side, side), region=inner)
    return Sample(image=enlarged, target=inner.of(crops) / 255, ratio=ratio)
