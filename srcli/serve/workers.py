"""The threads that make what is in the queue."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from srcli.errors import SrcliError
from srcli.serve.desk import Desk, Lane
from srcli.serve.job import Cancelled, Failure, Job, made_of

LANES: tuple[Lane, ...] = ("any", "small")
_PATIENCE = 10.0
"""Seconds to wait for a thread that stops between two tiles."""

logger = logging.getLogger(__name__)


@contextmanager
def working(desk: Desk) -> Iterator[None]:
    """Make the jobs of a desk while the block runs; close it after that."""
    threads = [
        threading.Thread(target=_work, args=(desk, lane), name=f"srcli-{lane}", daemon=True)
        for lane in LANES
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        desk.close()
        for thread in threads:
            thread.join(_PATIENCE)


def _work(desk: Desk, lane: Lane) -> None:
    while job := desk.next_for(lane):
        _make(desk, job)


def _make(desk: Desk, job: Job) -> None:
    """Make one job; whatever fails, fails for this job alone."""
    if job.wanted is None:
        raise AssertionError  # it is in the queue
    try:
        encoded = desk.maker.make(job.source.content(), job.wanted, name=job.name, progress=job)
        desk.ended(job, made_of(encoded))
    except Cancelled:
        desk.ended(job, Failure(error="Cancelled", message=f"{job.name} was removed."))
    except SrcliError as error:
        desk.ended(job, Failure.of(error))
    except Exception:
        logger.exception("A job failed in a way that it should not.")
        message = f"{job.name} cannot be made larger, because of a bug in srcli."
        hint = "Please report it, with the picture."
        desk.ended(job, Failure(error="Bug", message=message, hint=hint))
