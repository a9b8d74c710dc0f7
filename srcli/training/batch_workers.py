"""Make batches ahead, in processes of their own.

Processes do it, because threads would take turns with the training thread at every operation.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import fields
from threading import Thread
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from srcli.training.crop_batch import CropBatch

PREPARED_PER_PROCESS = 2
START_METHOD = "fork" if sys.platform == "linux" else "spawn"
"""How processes start. Forking copies no picture, but is safe on Linux only."""

logger = logging.getLogger(__name__)

MakeBatch = Callable[[int], CropBatch]
"""Makes the batch of a step, counted from 0."""


@contextmanager
def prepared(make: MakeBatch, steps: range, *, processes: int) -> Iterator[Iterator[CropBatch]]:
    """Yield an iterator over the batches of ``steps``, in order.

    ``processes`` processes make them ahead. With 0, each is made here when it is asked for.
    """
    if processes == 0:
        yield map(make, steps)
        return
    pool = ProcessPoolExecutor(
        processes,
        mp_context=multiprocessing.get_context(START_METHOD),
        initializer=_Worker.begin,
        initargs=(make,),
    )
    try:
        yield _in_order(pool, make, steps, PREPARED_PER_PROCESS * processes)
    finally:
        pool.shutdown(cancel_futures=True)


def _in_order(
    pool: ProcessPoolExecutor, make: MakeBatch, steps: range, depth: int
) -> Iterator[CropBatch]:
    """Yield what the pool makes. Once a process of the pool was killed, make the rest here."""
    waiting: deque[Future[dict[str, Any]]] = deque()
    for done in range(len(steps)):
        try:
            for step in steps[done + len(waiting) : done + 1 + depth]:
                waiting.append(pool.submit(_Worker.work, step))
            made = waiting.popleft().result()
        except BrokenProcessPool:
            break
        yield CropBatch(**{name: _from_array(value) for name, value in made.items()})
    else:
        return
    logger.warning("A process that made batches was killed. From now on none is made ahead.")
    yield from map(make, steps[done:])


class _Worker:
    """The state of a process that makes batches."""

    make: ClassVar[MakeBatch]

    @classmethod
    def begin(cls, make: MakeBatch) -> None:
        """Set the process up: it uses one thread, and ends only with or by the training process."""
        cls.make = make
        torch.set_num_threads(1)
        for name in ("SIGINT", "SIGHUP"):
            if hasattr(signal, name):
                signal.signal(getattr(signal, name), signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        Thread(target=_end_with_parent, daemon=True).start()

    @classmethod
    def work(cls, step: int) -> dict[str, Any]:
        """Make a batch of arrays: tensors would need shared memory, which is often too small."""
        batch = cls.make(step)
        return {field.name: _to_array(getattr(batch, field.name)) for field in fields(batch)}


def _to_array(value: object) -> object:
    return value.numpy() if isinstance(value, Tensor) else value


def _from_array(value: Any) -> Any:  # noqa: ANN401 - of any field
    return torch.from_numpy(value) if isinstance(value, np.ndarray) else value


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
