"""Sample the batch of a step, which depends on the seed and the step's number alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from random import Random

import torch
from torch import Tensor

from srcli.networks.spec import AnyRatioTraits, NetworkTraits
from srcli.training.config import Degradation, TrainConfig
from srcli.training.crop_batch import (
    BatchShape,
    CropBatch,
    RatioRange,
    any_ratio_shape,
    fixed_scale_shape,
    ratio_ranges,
    reduce_bicubic,
)
from srcli.training.degradations import (
    Degraded,
    MakeLr,
    after_bicubic,
    bicubic_lr,
    draw_photo,
    keep_noise,
)
from srcli.training.drawn import WAYS_TO_DRAW, draw_scene
from srcli.training.patches import CropSource
from srcli.training.restore import draw_jpeg, draw_noise, mosaic_one
from srcli.training.severities import BY_FAULT
from srcli.training.wild import draw_by, draw_wild

DRAW_DEGRADATION: Mapping[Degradation, Callable[[Random], MakeLr]] = {
    "bicubic": lambda _: bicubic_lr,
    "photo": lambda random: after_bicubic(draw_photo(random)),
    "wild": draw_wild,
    **{fault: partial(draw_by, severity=severity) for fault, severity in BY_FAULT.items()},
    "jpeg": lambda random: after_bicubic(draw_jpeg(random)),
    "noise": lambda random: after_bicubic(draw_noise(random)),
    "mosaic": lambda _: after_bicubic(mosaic_one),
}
"""Draw how LR is made of one picture, by the name of the degradation."""

MOST_KEPT = 1.25
"""Upper bound of the part of the noise that is kept. Parts above 1 count as 1, so a fifth of the
patches keep all of it."""


class ShapeSampler:
    """Draws the shapes of batches.

    Args:
        config: the run.
        traits: traits of the trained network.

    """

    def __init__(self, config: TrainConfig, traits: NetworkTraits) -> None:
        self.config = config
        self.ranges: tuple[RatioRange, ...] = ()
        if isinstance(traits, AnyRatioTraits):
            self.ranges = ratio_ranges(traits, config.patch)

    def draw(self, random: Random) -> BatchShape:
        """Draw the shape of one batch. This is the first draw that is made for a batch."""
        config = self.config
        if config.scale is not None:
            return fixed_scale_shape(config.patch, config.scale)
        later_pass = random.random() < config.recursive
        first = int(self.ranges[-1].most) if later_pass else None
        drawn = self.ranges[0] if later_pass else self._draw_range(random)
        side = drawn.draw_side(random, config.whole_ratios)
        return any_ratio_shape(drawn.side, side, drawn.margin, first=first)

    def _draw_range(self, random: Random) -> RatioRange:
        weights = self.config.weights() or (1.0,) * len(self.ranges)
        return random.choices(self.ranges, weights)[0]


def is_plain(config: TrainConfig) -> bool:
    """Tell whether every LR is a bicubic reduction of a picture."""
    return config.degradation == "bicubic" and config.drawn == 0


def random_of(config: TrainConfig, step: int) -> Random:
    """Return the generator of all random draws for the batch of a step, counted from 0."""
    return Random(f"{config.seed}:{step}")


class BatchSampler:
    """Makes the batches of a run.

    Args:
        source: source of HR crops.
        config: the run.
        traits: traits of the trained network.
        share: slice of the batch that this process computes. Random draws are made for the whole
            batch, so the slices of all processes concatenate to the batch of a single process.
        later: leave bicubic reductions to the device that trains.

    """

    def __init__(
        self,
        source: CropSource,
        config: TrainConfig,
        traits: NetworkTraits,
        share: slice,
        *,
        later: bool = False,
    ) -> None:
        self.source = source
        self.config = config
        self.shape_sampler = ShapeSampler(config, traits)
        self.share = share
        self.later = later

    def __call__(self, step: int) -> CropBatch:
        """Make the batch of a step, counted from 0."""
        config = self.config
        random = random_of(config, step)
        shape = self.shape_sampler.draw(random)
        drawn = self.source.draw(config.batch, shape.crop, random, factor=shape.factor)
        crops = drawn[self.share]
        if not is_plain(config):
            return self._degraded(shape.crop_batch(crops, None), random)
        return shape.crop_batch(crops, None if self.later else reduce_bicubic)

    def _degraded(self, batch: CropBatch, random: Random) -> CropBatch:
        """Make LR of the crops, after replacing a share of them by rendered scenes."""
        config, size = self.config, (batch.side, batch.side)
        draw = DRAW_DEGRADATION[config.degradation]
        makers = [draw(random) for _ in range(config.batch)][self.share]
        scenes = self._chosen(random, config.drawn)[self.share]
        kept = self._chosen(random, config.kept_noise)[self.share]
        made: list[Degraded] = []
        crops = list(batch.crops)
        for n, (make, scene, keep) in enumerate(zip(makers, scenes, kept, strict=True)):
            shown = crops[n]
            if scene is not None:
                crops[n], shown = _drawn(scene, batch.crops.shape[2], batch.side)
            one = make(shown, size)
            if keep is not None:
                part = min(1.0, Random(keep).uniform(0, MOST_KEPT))
                crops[n], one = keep_noise(crops[n], one, part)
            made.append(one)
        strengths = [one.strengths.normalized for one in made if one.strengths is not None]
        return replace(
            batch,
            crops=torch.stack(crops),
            reduced=torch.stack([one.image for one in made]),
            strengths=torch.tensor(strengths) if len(strengths) == len(made) else None,
        )

    def _chosen(self, random: Random, share: float) -> list[int | None]:
        """Choose a share of a batch's patches: return a seed for each of them, else None."""
        if share == 0:
            return [None] * self.config.batch
        return [
            random.getrandbits(63) if random.random() < share else None
            for _ in range(self.config.batch)
        ]


def _drawn(seed: int, side: int, lr_side: int) -> tuple[Tensor, Tensor]:
    """Render a scene of ``side`` pixels, and return HR and the picture that LR is made of.

    LR is made of HR, or of the same scene rendered at the size of LR.
    """
    random = Random(seed)
    way = random.choices(tuple(WAYS_TO_DRAW), tuple(WAYS_TO_DRAW.values()))[0]
    scene = draw_scene(side if way == "fine" else lr_side, random)
    hr = scene.render(side, side)
    return hr, scene.render(lr_side, lr_side) if way == "anew" else hr


def largest_crop(traits: NetworkTraits, config: TrainConfig, factor: int | None = None) -> int:
    """Return the side of the largest crop that a run draws, or that it draws at a whole factor."""
    if not isinstance(traits, AnyRatioTraits):
        return config.patch
    ranges = ratio_ranges(traits, config.patch)
    return max(drawn.side for drawn in ranges if factor is None or drawn.least < factor)
