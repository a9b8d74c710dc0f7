"""Make pictures on this machine: reading, enlarging and writing overlap."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from srcli.batch.ahead import unfinished
from srcli.batch.budget import ByteBudget
from srcli.batch.naming import Job, folders_of
from srcli.batch.outcome import Failed, Listener, Outcome, Skipped, ends_run
from srcli.batch.stages import (
    BatchContext,
    Read,
    Ready,
    ResultT,
    decode,
    enlarge,
    fetch,
    read,
    write,
)
from srcli.engine.host import host_memory
from srcli.errors import OutputLost
from srcli.files.locks import remove_strays
from srcli.files.objects.address import ObjectPath

AHEAD = 8
"""Pictures that are read ahead, and that wait to be written, at most."""
WINDOW = 256
"""Pictures that may be begun before the oldest one has ended."""
WRITERS = min(4, os.cpu_count() or 1)
REQUESTS = 8
"""Objects that are fetched at once, and that are written at once."""
SHARE_OF_MEMORY = 0.5
"""The share of the memory that is free at the start which all pictures at once may take."""
HEAD_START = 0.001
"""Seconds that the caller's thread has for the steps between two networks before others begin.

Python lets one thread work at a time; of small pictures, it waited as long again.
"""


def run_local(jobs: Sequence[Job], context: BatchContext, listener: Listener) -> Iterator[Outcome]:
    """Make every picture, and yield what became of each, in order; a bad one stops no other.

    One thread reads ahead, the caller's enlarges, a few write; objects are fetched by several
    threads, as each waits for its store most of the time. Fewer outcomes than jobs come
    only after a failure that ends the run: a full disk, a folder of results that is gone, or any
    with ``fail_fast``. Whatever ends it, pictures that are ready are still written and recorded.
    """
    remove_strays(folders_of(jobs))
    remote = bool(jobs) and isinstance(jobs[0].output, ObjectPath)
    line = _Line(context, listener, writers=REQUESTS if remote else WRITERS)
    try:
        yield from line.run(unfinished(jobs, context.ledger))
    finally:
        line.stop()


class _Line:
    """The three stages and what waits between them."""

    def __init__(self, context: BatchContext, listener: Listener, *, writers: int) -> None:
        self.context = context
        self.listener = listener
        self.budget = ByteBudget(int(host_memory() * SHARE_OF_MEMORY))
        self.readers = ThreadPoolExecutor(1, "read")
        self.fetchers = ThreadPoolExecutor(REQUESTS, "fetch")
        self.writers = ThreadPoolExecutor(writers, "write")
        self.enlarging = False

    def run(self, jobs: Iterator[Job | Skipped]) -> Iterator[Outcome]:
        """Yield every outcome in order; of an interrupted run those that are still written too."""
        writing: deque[Future[Outcome]] = deque()
        try:
            yield from self._run(jobs, writing)
        except KeyboardInterrupt:
            yield from self._rest(writing)
            raise

    def _run(
        self, jobs: Iterator[Job | Skipped], writing: deque[Future[Outcome]]
    ) -> Iterator[Outcome]:
        reading: deque[Future[Read | Outcome]] = deque()
        while True:
            yield from self._read_ahead(jobs, reading, idle=not writing)
            if reading:
                writing.append(self._pass_on(reading.popleft()))
            elif not writing:
                return
            _await_room(writing)
            while writing and (writing[0].done() or not reading):
                outcome = writing[0].result()
                writing.popleft()
                yield outcome
                if ends_run(outcome, fail_fast=self.context.fail_fast):
                    yield from (late for late in self._rest(writing) if not _is_lost(late))
                    return

    def _read_ahead(
        self, jobs: Iterator[Job | Skipped], reading: deque[Future[Read | Outcome]], *, idle: bool
    ) -> Iterator[Skipped]:
        """Read some pictures; yield those that need no reading, while none comes before them."""
        for job in jobs:
            if not isinstance(job, Skipped):
                reading.append(self._read(job))
            elif reading or not idle:
                reading.append(_settled(job))
            else:
                yield job
            if len(reading) > AHEAD:
                return

    def _rest(self, writing: deque[Future[Outcome]]) -> Iterator[Outcome]:
        self.stop()
        yield from (late.result() for late in writing)

    def stop(self) -> None:
        """Stop reading, and wait for what is being written."""
        self.budget.close()
        self.fetchers.shutdown(cancel_futures=True)
        self.readers.shutdown(cancel_futures=True)
        self.writers.shutdown()

    def _read(self, job: Job) -> Future[Read | Outcome]:
        context, budget = self.context, self.budget
        if not isinstance(job.source.path, ObjectPath):
            return self.readers.submit(self._beside, lambda: read(job, context, budget))
        fetched = self.fetchers.submit(fetch, job, context)
        return self.readers.submit(self._beside, lambda: decode(fetched.result(), context, budget))

    def _pass_on(self, reading: Future[Read | Outcome]) -> Future[Outcome]:
        """Enlarge what was read and have it written; what needs neither goes straight through."""
        taken = reading.result()
        self.enlarging = isinstance(taken, Read) and taken.is_made
        if not isinstance(taken, Read):
            return _settled(taken)
        ready = enlarge(taken, self.context, self.listener)
        if isinstance(ready, Ready):
            return self.writers.submit(self._beside, lambda: self._write(ready))
        self.budget.release(taken.claim.memory)
        return _settled(ready)

    def _beside(self, work: Callable[[], ResultT]) -> ResultT:
        """Do the work of another thread than the network's."""
        if self.enlarging:
            time.sleep(HEAD_START)
        return work()

    def _write(self, ready: Ready) -> Outcome:
        try:
            return write(ready, self.context)
        finally:
            self.budget.release(ready.claim.memory)


def _await_room(writing: deque[Future[Outcome]]) -> None:
    """Wait until few pictures are to be written, and the oldest one has not fallen far behind."""
    while len(late := [one for one in writing if not one.done()]) > AHEAD:
        wait(late, return_when=FIRST_COMPLETED)
    if len(writing) > WINDOW:
        wait([writing[0]])


def _is_lost(outcome: Outcome) -> bool:
    """Tell whether a picture failed because the folder of results is gone, which is said once."""
    return isinstance(outcome, Failed) and isinstance(outcome.error, OutputLost)


def _settled(outcome: ResultT) -> Future[ResultT]:
    future: Future[ResultT] = Future()
    future.set_result(outcome)
    return future
