"""Make pictures on a Ray cluster: the driver claims and records, actors make."""

from __future__ import annotations

import logging
import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from srcli.batch.ahead import unfinished
from srcli.batch.connection import Cluster, connected
from srcli.batch.ledger import ClaimResult, Made
from srcli.batch.naming import Job, folders_of
from srcli.batch.outcome import LARGE_ENOUGH, Failed, Listener, Outcome, Skipped, Upscaled, ends_run
from srcli.batch.stages import BatchContext, guarded
from srcli.batch.worker import Setup, Worker
from srcli.errors import OutputLost, ResourceError, WeightsError, sentence
from srcli.files.locks import remove_strays
from srcli.pipeline.run import Pipeline

logger = logging.getLogger(__name__)

IN_WORKS = 3
"""Pictures that an actor has at once: one is read, one enlarged, one written."""
WINDOW = 64
"""Pictures, for each actor, that may be begun before the oldest one has ended."""
RETRIES = 3
"""How often a picture is made again after its worker was lost; so often workers are started."""
CORES = 4
"""Cores of an actor where there are no GPUs."""
PATIENCE = 30.0
"""Seconds from one word about a cluster without room to the next."""
LONGEST_START = 1200.0
"""Seconds, 20 minutes, that a cluster may take to make room for an actor: machines may start."""


@dataclass(slots=True, eq=False)
class _Task:
    """A picture on its way."""

    number: int
    job: Job
    claimed: ClaimResult = ClaimResult.MAKE
    losses: int = 0
    made: Made | None = None


@dataclass(slots=True, eq=False)
class _Actor:
    """A process of the cluster, and what it works on."""

    handle: Any
    is_ready: bool = False
    tasks: set[_Task] = field(default_factory=set)

    def takes(self, losses: int) -> bool:
        """Tell whether a picture may be given to it; one that workers were lost with goes alone."""
        alone = losses > 0 or any(other.losses for other in self.tasks)
        return self.is_ready and len(self.tasks) < (1 if alone else IN_WORKS)


def run_cluster(
    jobs: Sequence[Job],
    context: BatchContext,
    listener: Listener,
    cluster: Cluster,
    make_pipeline: Callable[[], Pipeline],
) -> Iterator[Outcome]:
    """Make every picture, and yield what became of each, in order; as ``run_local``.

    Paths travel, and so do outcomes; pixels do not. A worker that is lost costs the pictures that
    it had: they are made again, up to three times, and then fail.

    Args:
        jobs: the pictures.
        context: the ledger that says what is to be made, and the models that workers must have.
        listener: told of every picture when its file is ready.
        cluster: where.
        make_pipeline: loads the models in each worker; it is sent there.

    Raises:
        MissingExtra: Ray is not installed.
        UsageError: there is no such cluster.
        WeightsError: a worker has other weights.

    """
    remove_strays(folders_of(jobs))
    with connected(cluster) as ray:
        driver = _Driver(ray, context, listener, cluster, make_pipeline)
        try:
            yield from driver.run(unfinished(jobs, context.ledger))
        finally:
            driver.stop()


class _Driver:
    """Gives pictures to actors, and takes in what becomes of them."""

    def __init__(
        self,
        ray: Any,  # noqa: ANN401 - a module
        context: BatchContext,
        listener: Listener,
        cluster: Cluster,
        make_pipeline: Callable[[], Pipeline],
    ) -> None:
        self.ray, self.context, self.listener = ray, context, listener
        resources = ray.cluster_resources()
        gpus, cores = resources.get("GPU", 0), max(1, int(resources.get("CPU", 1)))
        each = cluster.gpus if gpus else 0
        by_device = int(gpus // each) if each else cores // CORES
        self.count = max(1, cluster.actors or by_device)
        alive = [node["Resources"].get("CPU", 0) for node in ray.nodes() if node["Alive"]]
        room = int(max(alive, default=1))  # no actor spans two machines
        share = max(1, min(CORES, room, cores // self.count))
        self._takes = {"num_gpus": each, "num_cpus": share}
        self._setup = ray.put(
            Setup(
                folder=os.getcwd(),  # noqa: PTH109 - a text is sent
                make_pipeline=make_pipeline,
                neighbours=self.count,
                settings=context.settings,
            )
        )
        self._class = ray.remote(Worker)
        self._calls: dict[Any, tuple[_Actor, _Task | None]] = {}
        self._again: deque[_Task] = deque()
        self._ended: dict[int, Outcome] = {}
        self._actors = [self._start() for _ in range(self.count)]
        self._next = 0
        self._begun = 0
        self._first: Job | Skipped | None = None
        self._more = True
        self._over = False
        self._failed_starts = 0
        self._waited = 0

    def run(self, jobs: Iterator[Job | Skipped]) -> Iterator[Outcome]:
        """Yield every outcome in order; of an interrupted run those that are still written too."""
        try:
            while self._step(jobs):
                yield from self._in_order()
        except KeyboardInterrupt:
            self._drain()
            yield from (self._ended.pop(number) for number in sorted(self._ended))
            raise
        for number in sorted(self._ended):
            late = self._ended[number]
            if not (isinstance(late, Failed) and isinstance(late.error, OutputLost)):
                yield late

    def stop(self) -> None:
        """End the actors."""
        for actor in self._actors:
            self._kill(actor)

    def _kill(self, actor: _Actor) -> None:
        with suppress(Exception):  # the cluster may be gone as well
            self.ray.kill(actor.handle)

    def _in_order(self) -> Iterator[Outcome]:
        while not self._over and self._next in self._ended:
            outcome = self._ended.pop(self._next)
            self._next += 1
            self._over = ends_run(outcome, fail_fast=self.context.fail_fast)
            yield outcome

    def _step(self, jobs: Iterator[Job | Skipped]) -> bool:
        """Give out what there is room for, and wait for an answer; False at the end."""
        if self._over:
            self._drain()
            return False
        self._give_out(jobs)
        if self._next in self._ended:
            return True
        if not self._has_work():
            return False
        self._listen()
        return True

    def _has_work(self) -> bool:
        return bool(self._again) or any(actor.tasks for actor in self._actors) or self._more

    def _give_out(self, jobs: Iterator[Job | Skipped]) -> None:
        for task in list(self._again):
            actor = self._free(losses=task.losses)
            if actor:
                self._again.remove(task)
                self._make(actor, task)
        while self._begun - self._next < WINDOW * self.count and self._next not in self._ended:
            self._first = self._first or next(jobs, None)
            actor = self._free(losses=0)
            if isinstance(self._first, Skipped):
                self._ended[self._begun] = self._first
            elif self._first and actor:
                self._claim(actor, _Task(self._begun, self._first))
            else:
                self._more = self._first is not None
                return
            self._begun += 1
            self._first = None

    def _free(self, *, losses: int) -> _Actor | None:
        able = [actor for actor in self._actors if actor.takes(losses)]
        return min(able, key=lambda actor: len(actor.tasks), default=None)

    def _claim(self, actor: _Actor, task: _Task) -> None:
        job = task.job
        claimed = guarded(job, lambda: self.context.ledger.claim(job))
        if isinstance(claimed, Failed):
            self._ended[task.number] = claimed
        elif claimed in {ClaimResult.DONE, ClaimResult.BUSY}:
            self._ended[task.number] = Skipped.of(job, claimed.value)
        else:
            task.claimed = claimed
            self._make(actor, task)

    def _make(self, actor: _Actor, task: _Task) -> None:
        task.made = None
        actor.tasks.add(task)
        self._calls[actor.handle.make.remote(task.job, task.claimed)] = actor, task

    def _start(self) -> _Actor:
        options = self._class.options(max_concurrency=IN_WORKS + 1, max_restarts=0, **self._takes)
        actor = _Actor(options.remote(self._setup))
        self._calls[actor.handle.models.remote()] = actor, None
        return actor

    def _listen(self) -> None:
        """Wait for an answer, and take in all that there are."""
        answered, _ = self.ray.wait(list(self._calls), num_returns=1, timeout=PATIENCE)
        if not answered and not any(actor.is_ready for actor in self._actors):
            self._waited += 1
            if self._waited * PATIENCE >= LONGEST_START:
                msg = "The cluster had no room for an actor for 20 minutes."
                hint = "Ask for fewer --actors or --gpus-per-actor, or add machines to the cluster."
                raise ResourceError(msg, hint=hint)
            logger.warning("The cluster has had no room for an actor yet.")
        for call in answered:
            if call in self._calls:
                actor, task = self._calls.pop(call)
                self._answer(call, actor, task)

    def _answer(self, call: Any, actor: _Actor, task: _Task | None) -> None:  # noqa: ANN401 - Ray's
        try:
            answer = self.ray.get(call, timeout=PATIENCE)  # it is there, or its worker is lost
        except self.ray.exceptions.RayTaskError as error:  # a fault of ours, as on one machine
            raise error.cause from error
        except self.ray.exceptions.RayError as error:
            logger.info("%s", sentence(str(error)))
            self._lose(actor, task)
            return
        if task is None:
            self._check_models(answer)
            actor.is_ready = True
            self._failed_starts = self._waited = 0
        elif isinstance(answer, Made):
            self._write(actor, task, answer)
        else:
            actor.tasks.discard(task)
            self._end(task, answer)

    def _check_models(self, found: Sequence[str]) -> None:
        if tuple(found) != tuple(self.context.pipeline.models.sha256):
            msg = "A worker of the cluster has other weights than this machine."
            raise WeightsError(msg, hint="Install the same srcli and models on all machines.")

    def _write(self, actor: _Actor, task: _Task, made: Made) -> None:
        """Record what the file will be, and have it put in its place."""
        job, outcome = task.job, made.outcome
        self.listener.picture(job.source.path, outcome.source_size, outcome.size)
        noted = guarded(job, lambda: self.context.ledger.writing(job, made))
        if isinstance(noted, Failed):
            actor.tasks.discard(task)
            actor.handle.drop.remote(job)
            self._ended[task.number] = noted
            return
        task.made = made
        self._calls[actor.handle.put.remote(job)] = actor, task

    def _end(self, task: _Task, outcome: Outcome) -> None:
        """Record what became of a picture."""
        job, ledger = task.job, self.context.ledger

        def record() -> None:
            if isinstance(outcome, Upscaled):
                ledger.done(job)
            elif isinstance(outcome, Skipped):
                ledger.skipped(job, LARGE_ENOUGH)
            else:
                ledger.failed(job, outcome.error)

        noted = guarded(job, record)
        self._ended[task.number] = noted if isinstance(noted, Failed) else outcome

    def _lose(self, actor: _Actor, called: _Task | None) -> None:
        """Put another actor in the place of one that is gone, and see to its pictures."""
        if actor not in self._actors:
            return
        self._actors.remove(actor)
        self._kill(actor)
        self._calls = {call: one for call, one in self._calls.items() if one[0] is not actor}
        if called is None and not actor.tasks:
            self._failed_starts += 1
            if self._failed_starts > RETRIES:
                msg = "Workers of the cluster end before they are ready."
                hint = "Install the same srcli on all machines, and share the folders."
                raise ResourceError(msg, hint=hint)
        remove_strays(folders_of([task.job for task in actor.tasks]))
        for task in sorted(actor.tasks, key=lambda one: one.number):
            self._retry(task)
        self._actors.append(self._start())

    def _retry(self, task: _Task) -> None:
        job = task.job
        if task.made:
            claimed = guarded(job, lambda: self.context.ledger.claim(job))
            if claimed is ClaimResult.DONE:  # it was put in its place, but could not say so
                self._end(task, task.made.outcome)
                return
        task.losses += 1
        if task.losses <= RETRIES:
            self._again.append(task)
            return
        msg = f"{job.source.path} was given up: {task.losses} workers were lost while they made it."
        hint = "Name it alone with --engine local to see what happens."
        self._end(task, Failed(source=job.source.path, error=ResourceError(msg, hint=hint)))

    def _drain(self) -> None:
        """Begin nothing more, and wait for what is being made."""
        self._again.clear()
        while any(actor.tasks for actor in self._actors):
            self._listen()
            self._again.clear()
