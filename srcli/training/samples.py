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
from dataclasses import fields, replace
from random import Random
from threading import Thread
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from srcli.networks.spec import NetworkTraits
from srcli.training.config import Degradation, TrainConfig
from srcli.training.degradations import (
    Degraded,
    MakeLr,
    after_bicubic,
    draw_photo,
    keep_noise,
    unspoilt,
)
from srcli.training.degrade import (
    Outline,
    Pair,
    RatioRange,
    any_ratio_outline,
    fixed_scale_outline,
    ratio_ranges,
    reduce_bicubic,
)
from srcli.training.drawn import WAYS_TO_DRAW, draw_scene
from srcli.training.patches import CropSource
from srcli.training.restore import draw_jpeg, draw_noise
from srcli.training.wild import draw_wild

DRAW: Mapping[Degradation, Callable[[Random], MakeLr]] = {
    "bicubic": lambda _: unspoilt,
    "photo": lambda random: after_bicubic(draw_photo(random)),
    "wild": draw_wild,
    "jpeg": lambda random: after_bicubic(draw_jpeg(random)),
    "noise": lambda random: after_bicubic(draw_noise(random)),
}
"""Decide how LR is made of a picture."""

MOST_KEPT = 1.25
"""Parts of the noise are drawn up to here, and those above 1 count as 1: a fifth keeps it all."""
PREPARED_PER_PROCESS = 2
WAY = "fork" if sys.platform == "linux" else "spawn"
"""How processes begin: by forking, which copies no picture, where that is safe."""

logger = logging.getLogger(__name__)

Make = Callable[[int], Pair]
"""The batch of a step, counted from 0."""


class Drawer:
    """Draws the sizes of batches.

    Args:
        config: the run.
        traits: of the network that is trained.

    """

    def __init__(self, config: TrainConfig, traits: NetworkTraits) -> None:
        self.config = config
        self.ranges = ratio_ranges(traits, config.patch) if config.scale is None else ()

    def outline(self, random: Random) -> Outline:
        """Draw the sizes of one batch: the first that is drawn of it."""
        config = self.config
        if config.scale is not None:
            return fixed_scale_outline(config.patch, config.scale)
        later_pass = random.random() < config.recursive
        first = int(self.ranges[-1].most) if later_pass else None
        drawn = self.ranges[0] if later_pass else self._draw_range(random)
        return any_ratio_outline(drawn.side, drawn.draw_side(random), drawn.margin, first=first)

    def _draw_range(self, random: Random) -> RatioRange:
        weights = self.config.weights() or (1.0,) * len(self.ranges)
        return random.choices(self.ranges, weights)[0]


def is_plain(config: TrainConfig) -> bool:
    """Tell whether LR is made by bicubic reductions of pictures, and by nothing else."""
    return config.degradation == "bicubic" and config.drawn == 0


def random_of(config: TrainConfig, step: int) -> Random:
    """Return what decides all about the batch of a step, counted from 0."""
    return Random(f"{config.seed}:{step}")


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
        self.drawer = Drawer(config, traits)
        self.share = share
        self.later = later

    def __call__(self, step: int) -> Pair:
        """Make the batch of a step, counted from 0."""
        config = self.config
        random = random_of(config, step)
        outline = self.drawer.outline(random)
        crops = self.source.draw(config.batch, outline.crop, random)[self.share]
        if not is_plain(config):
            return self._degraded(outline.pair(crops, None), random)
        return outline.pair(crops, None if self.later else reduce_bicubic)

    def _degraded(self, pair: Pair, random: Random) -> Pair:
        """Make LR of the crops, some of which give way to scenes."""
        config, size = self.config, (pair.side, pair.side)
        makers = [DRAW[config.degradation](random) for _ in range(config.batch)][self.share]
        scenes = self._chosen(random, config.drawn)[self.share]
        kept = self._chosen(random, config.kept_noise)[self.share]
        made: list[Degraded] = []
        crops = list(pair.crops)
        for n, (make, scene, keep) in enumerate(zip(makers, scenes, kept, strict=True)):
            shown = crops[n]
            if scene is not None:
                crops[n], shown = _drawn(scene, pair.crops.shape[2], pair.side)
            one = make(shown, size)
            if keep is not None:
                part = min(1.0, Random(keep).uniform(0, MOST_KEPT))
                crops[n], one = keep_noise(crops[n], one, part)
            made.append(one)
        told = [one.strengths.told for one in made if one.strengths is not None]
        return replace(
            pair,
            crops=torch.stack(crops),
            reduced=torch.stack([one.image for one in made]),
            strengths=torch.tensor(told) if len(told) == len(made) else None,
        )

    def _chosen(self, random: Random, share: float) -> list[int | None]:
        """Choose a share of a batch's patches: the seed of each, or None."""
        if share == 0:
            return [None] * self.config.batch
        return [
            random.getrandbits(63) if random.random() < share else None
            for _ in range(self.config.batch)
        ]


def _drawn(seed: int, side: int, lr_side: int) -> tuple[Tensor, Tensor]:
    """Draw HR of ``side`` pixels, and what LR is to be made of: HR, or LR drawn at its size."""
    random = Random(seed)
    way = random.choices(tuple(WAYS_TO_DRAW), tuple(WAYS_TO_DRAW.values()))[0]
    scene = draw_scene(side if way == "fine" else lr_side, random)
    hr = scene.render(side, side)
    return hr, scene.render(lr_side, lr_side) if way == "anew" else hr


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
