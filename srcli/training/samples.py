"""The batch of a step: it depends on the seed and the step's number, and on nothing else."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import fields
from random import Random
from threading import Thread
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from srcli.networks.spec import NetworkTraits
from srcli.training.config import Degradation, TrainConfig
from srcli.training.degrade import (
    Pair,
    RatioRange,
    Reduce,
    any_ratio_pair,
    fixed_scale_pair,
    ratio_ranges,
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

PREPARED_PER_PROCESS = 2
WAY = "fork" if sys.platform == "linux" else "spawn"
"""How processes begin: by forking, which copies no picture, where that is safe."""

logger = logging.getLogger(__name__)

Make = Callable[[int], Pair]
"""The batch of a step, counted from 0."""


class Sampler:
    """Makes the batches of a run.

    Args:
        source: of HR crops.
        config: the run.
        traits: of the network that is trained.
        share: which of a batch's patches are wanted; chance decides over all of them all the
            same, so that the shares of several processes make up the batch of one.
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
        self.ranges = ratio_ranges(traits, config.patch) if config.scale is None else ()
        self.share = share
        self.later = later

    def __call__(self, step: int) -> Pair:
        """Make the batch of a step, counted from 0."""
        config = self.config
        random = Random(f"{config.seed}:{step}")
        if config.scale is not None:
            crops = self.source.draw(config.batch, config.patch, random)[self.share]
            return fixed_scale_pair(crops, config.scale, self._reducer(random))
        later_pass = random.random() < config.recursive
        first = int(self.ranges[-1].most) if later_pass else None
        drawn = self.ranges[0] if later_pass else self._draw_range(random)
        side = drawn.draw_side(random)
        crops = self.source.draw(config.batch, drawn.side, random)[self.share]
        return any_ratio_pair(crops, side, drawn.margin, self._reducer(random), first=first)

    def _draw_range(self, random: Random) -> RatioRange:
        weights = self.config.weights() or (1.0,) * len(self.ranges)
        return random.choices(self.ranges, weights)[0]

    def _reducer(self, random: Random) -> Reduce | None:
        draw = DRAW.get(self.config.degradation)
        if draw is None:
            return None if self.later else reduce_bicubic

        def reduce(crops: Tensor, side: int) -> Tensor:
            reduced = reduce_bicubic(crops, side)
            spoils = [draw(random) for _ in range(self.config.batch)][self.share]
            pairs = zip(spoils, reduced, strict=True)
            return torch.stack([spoil(image) for spoil, image in pairs])

        return reduce


def largest_crop(traits: NetworkTraits, config: TrainConfig) -> int:
    """Return the side of the largest crop that a run draws."""
    if config.scale is not None:
        return config.patch
    return max(drawn.side for drawn in ratio_ranges(traits, config.patch))


@contextmanager
def prepared(make: Make, steps: range, *, processes: int) -> Iterator[Iterator[Pair]]:
    """Give what ``make`` makes of ``steps``, in order, made ahead in processes (none: in time).

    Processes, since threads would take turns with the one that trains at every operation.
    """
    if processes == 0:
        yield map(make, steps)
        return
    pool = ProcessPoolExecutor(
        processes,
        mp_context=multiprocessing.get_context(WAY),
        initializer=_Worker.begin,
        initargs=(make,),
    )
    try:
        yield _in_order(pool, make, steps, PREPARED_PER_PROCESS * processes)
    finally:
        pool.shutdown(cancel_futures=True)


def _in_order(pool: ProcessPoolExecutor, make: Make, steps: range, depth: int) -> Iterator[Pair]:
    """Give what the pool makes; once one of its processes was killed, make the rest here."""
    waiting: deque[Future[dict[str, Any]]] = deque()
    for done in range(len(steps)):
        try:
            for step in steps[done + len(waiting) : done + 1 + depth]:
                waiting.append(pool.submit(_Worker.work, step))
            made = waiting.popleft().result()
        except BrokenProcessPool:
            break
        yield Pair(**{name: _from_array(value) for name, value in made.items()})
    else:
        return
    logger.warning("a process that made batches was killed: from now on none is made ahead")
    yield from map(make, steps[done:])


class _Worker:
    """What a process that makes batches holds."""

    make: ClassVar[Make]

    @classmethod
    def begin(cls, make: Make) -> None:
        """Get ready: one thread, and an end only with the process that trains, or by it."""
        cls.make = make
        torch.set_num_threads(1)
        for name in ("SIGINT", "SIGHUP"):
            if hasattr(signal, name):
                signal.signal(getattr(signal, name), signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        Thread(target=_end_with_parent, daemon=True).start()

    @classmethod
    def work(cls, step: int) -> dict[str, Any]:
        """Make a batch, as arrays: tensors would travel through shared memory, often too small."""
        pair = cls.make(step)
        return {field.name: _to_array(getattr(pair, field.name)) for field in fields(pair)}


def _to_array(value: object) -> object:
    return value.numpy() if isinstance(value, Tensor) else value


def _from_array(value: Any) -> Any:  # noqa: ANN401 - of any field
    return torch.from_numpy(value) if isinstance(value, np.ndarray) else value


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
