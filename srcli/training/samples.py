"""The batch of a step: it depends on the seed and the step's number, and on nothing else."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import islice
from random import Random
from typing import TypeVar

import torch
from torch import Tensor

from srcli.training.config import Degradation, TrainConfig
from srcli.training.degrade import (
    FirstPass,
    Reduce,
    Sample,
    any_ratio_sample,
    first_pass,
    fixed_scale_sample,
    reduce_bicubic,
)
from srcli.training.patches import CropSource
from srcli.training.photo import Spoil, draw_photo
from srcli.training.restore import draw_jpeg, draw_noise

DRAW: Mapping[Degradation, Callable[[Random], Spoil]] = {
    "photo": draw_photo,
    "jpeg": draw_jpeg,
    "noise": draw_noise,
}
"""Decide what happens to a picture after it was reduced."""

PREPARED_PER_THREAD = 2

T = TypeVar("T")


class Sampler:
    """Makes the batches of a run.

    Args:
        source: of HR crops.
        config: the run.
        device: where batches are made and left.
        share: which of a batch's patches are wanted; chance decides over all of them all the
            same, so that the shares of several processes make up the batch of one.

    """

    def __init__(
        self, source: CropSource, config: TrainConfig, device: torch.device, share: slice
    ) -> None:
        self.source = source
        self.config = config
        self.device = device
        self.share = share

    def __call__(self, step: int) -> Sample | FirstPass:
        """Make the batch of a step, counted from 0; safe to call in several threads."""
        config = self.config
        random = Random(f"{config.seed}:{step}")
        crops = self.source.draw(config.batch, random)[self.share].to(self.device)
        reduce = self._reducer(random)
        if config.scale is not None:
            return fixed_scale_sample(crops, config.scale, reduce)
        if random.random() < config.recursive:
            return first_pass(crops, random, reduce)
        return any_ratio_sample(crops, random, reduce)

    def _reducer(self, random: Random) -> Reduce:
        draw = DRAW.get(self.config.degradation)
        if draw is None:
            return reduce_bicubic

        def reduce(crops: Tensor, side: int) -> Tensor:
            reduced = reduce_bicubic(crops, side)
            spoils = [draw(random) for _ in range(self.config.batch)][self.share]
            pairs = zip(spoils, reduced.cpu(), strict=True)
            return torch.stack([spoil(image) for spoil, image in pairs]).to(self.device)

        return reduce


@contextmanager
def prepared(make: Callable[[int], T], steps: range, *, threads: int) -> Iterator[Iterator[T]]:
    """Give what ``make`` makes of ``steps``, in order, made ahead in threads (none: in time)."""
    if threads == 0:
        yield map(make, steps)
        return
    pool = ThreadPoolExecutor(threads)
    try:
        yield _in_order(pool, make, iter(steps), PREPARED_PER_THREAD * threads)
    finally:
        pool.shutdown(cancel_futures=True)


def _in_order(
    pool: ThreadPoolExecutor, make: Callable[[int], T], steps: Iterator[int], depth: int
) -> Iterator[T]:
    waiting = deque(pool.submit(make, step) for step in islice(steps, depth))
    while waiting:
        made = waiting.popleft().result()
        waiting.extend(pool.submit(make, step) for step in islice(steps, 1))
        yield made
