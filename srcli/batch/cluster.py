"""Make pictures on a Ray cluster: the driver claims and records, actors make."""

from __future__ import annotations

import logging
import os
import pickle
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from srcli.batch.actors import IN_WORKS, Actor, Task, room_for
from srcli.batch.ahead import unfinished
from srcli.batch.answers import REQUESTS, Answers
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
T = TypeVar("T")

WINDOW = 64
"""Pictures, for each actor, that may be begun before the oldest one has ended."""
RETRIES = 3
"""How often a picture is made again after its worker was lost; so often workers are started."""
PATIENCE = 30.0
"""Seconds from one word about a cluster without room to the next."""
CLEANING = 2.0
"""Seconds that unfinished files may wait for others that write: one of them may stand still."""
LONGEST_START = 1200.0
"""Seconds, 20 minutes, that a cluster may take to make room for an actor: machines may start."""


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
        self.count, self._takes = room_for(ray, cluster)
        self._setup = ray.put(
            Setup(
                folder=os.getcwd(),  # noqa: PTH109 - a text is sent
                make_pipeline=make_pipeline,
                neighbours=self.count,
                settings=context.settings,
            )
        )
        self._class = ray.remote(Worker)
        self._answers = Answers()
        self._to_make: deque[Task] = deque()
        self._ended: dict[int, Outcome] = {}
        self._actors = [self._start() for _ in range(self.count)]
        self._next = 0
        self._begun = 0
        self._first: Job | Skipped | None = None
        self._more = True
        self._over = False
        self._failed_starts = 0
        self._littered: set[Path] = set()
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
        self._answers.close()
        for actor in self._actors:
            self._kill(actor)
        remove_strays(self._littered, patience=CLEANING)

    def _kill(self, actor: Actor) -> None:
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
        waits = self._to_make or self._answers.requests or self._more
        return bool(waits) or any(actor.tasks for actor in self._actors)

    def _give_out(self, jobs: Iterator[Job | Skipped]) -> None:
        self._pass_on()
        while self._begun - self._next < WINDOW * self.count and self._next not in self._ended:
            self._first = self._first or next(jobs, None)
            if isinstance(self._first, Skipped):
                self._ended[self._begun] = self._first
            elif self._first and self._has_room(task := Task(self._begun, self._first)):
                self._claim(task)
                self._pass_on()
            else:
                self._more = self._first is not None
                return
            self._begun += 1
            self._first = None

    def _pass_on(self) -> None:
        """Give claimed pictures to actors that have room."""
        for task in list(self._to_make):
            actor = self._free(losses=task.losses)
            if actor:
                self._to_make.remove(task)
                self._make(actor, task)

    def _has_room(self, task: Task) -> bool:
        """Tell whether to claim one more: claims that take requests are made ahead, others not."""
        if task.asks_a_store:
            return self._answers.requests + len(self._to_make) < REQUESTS
        return self._free(losses=0) is not None

    def _free(self, *, losses: int) -> Actor | None:
        able = [actor for actor in self._actors if actor.takes(losses)]
        return min(able, key=lambda actor: len(actor.tasks), default=None)

    def _note(
        self, task: Task, work: Callable[[], T], then: Callable[[Task, T | Failed], None]
    ) -> None:
        """Ask or tell the ledger of a picture, beside all else if that takes requests."""

        def ask() -> T | Failed:
            return guarded(task.job, work)

        if task.asks_a_store:
            self._answers.request(ask, lambda answer: then(task, answer.result()))
        else:
            then(task, ask())

    def _claim(self, task: Task) -> None:
        self._note(task, lambda: self.context.ledger.claim(task.job), self._claimed)

    def _claimed(self, task: Task, claimed: ClaimResult | Failed) -> None:
        if isinstance(claimed, Failed):
            self._ended[task.number] = claimed
        elif claimed in {ClaimResult.DONE, ClaimResult.BUSY}:
            self._ended[task.number] = Skipped.of(task.job, claimed.value)
        else:
            task.claimed = claimed
            self._to_make.append(task)

    def _make(self, actor: Actor, task: Task) -> None:
        task.made = None
        actor.tasks.add(task)
        self._ask(actor, task, "make", task.job, task.claimed)

    def _ask(self, actor: Actor, task: Task | None, method: str, *arguments: object) -> None:
        call = actor.ask(method, *arguments)
        take = partial(self._answer, call, actor, task)
        self._answers.expect(call.future(), take, of=actor)

    def _start(self) -> Actor:
        options = self._class.options(max_concurrency=IN_WORKS + 1, max_restarts=0, **self._takes)
        actor = Actor(options.remote(self._setup))
        self._ask(actor, None, "models")
        return actor

    def _listen(self) -> None:
        """Wait for an answer, and take in all that there are."""
        if self._answers.take(PATIENCE) or any(actor.is_ready for actor in self._actors):
            return
        self._waited += 1
        if self._waited * PATIENCE >= LONGEST_START:
            msg = "The cluster had no room for an actor for 20 minutes."
            hint = "Ask for fewer --actors or --gpus-per-actor, or add machines to the cluster."
            raise ResourceError(msg, hint=hint)
        logger.warning("The cluster has had no room for an actor yet.")

    def _answer(
        self,
        call: Any,  # noqa: ANN401, ARG002 - Ray's, and an answer comes only while somebody has it
        actor: Actor,
        task: Task | None,
        answered: Future[Any],
    ) -> None:
        try:
            answer = pickle.loads(answered.result())  # noqa: S301 - of our own worker
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

    def _write(self, actor: Actor, task: Task, made: Made) -> None:
        """Record what the file will be, and have it put in its place."""
        job, outcome = task.job, made.outcome
        self.listener.picture(job.source.path, outcome.source_size, outcome.size)
        noted = guarded(job, lambda: self.context.ledger.writing(job, made))
        if isinstance(noted, Failed):
            actor.tasks.discard(task)
            actor.ask("drop", job)
            self._ended[task.number] = noted
            return
        task.made = made
        self._ask(actor, task, "put", job)

    def _end(self, task: Task, outcome: Outcome) -> None:
        """Record what became of a picture."""
        job, ledger = task.job, self.context.ledger

        def record() -> None:
            if isinstance(outcome, Upscaled):
                ledger.done(job)
            elif isinstance(outcome, Skipped):
                ledger.skipped(job, LARGE_ENOUGH)
            else:
                ledger.failed(job, outcome.error)

        def end(task: Task, noted: Failed | None) -> None:
            self._ended[task.number] = noted or outcome

        self._note(task, record, end)

    def _lose(self, actor: Actor, called: Task | None) -> None:
        """Put another actor in the place of one that is gone, and see to its pictures."""
        if actor not in self._actors:
            return
        self._actors.remove(actor)
        self._kill(actor)
        self._answers.forget(actor)
        if called is None and not actor.tasks:
            self._failed_starts += 1
            if self._failed_starts > RETRIES:
                msg = "Workers of the cluster end before they are ready."
                hint = "Install the same srcli on all machines, and share the folders."
                raise ResourceError(msg, hint=hint)
        self._littered |= folders_of([task.job for task in actor.tasks])
        remove_strays(self._littered, patience=CLEANING)
        for task in sorted(actor.tasks, key=lambda one: one.number):
            self._retry(task)
        self._actors.append(self._start())

    def _retry(self, task: Task) -> None:
        job = task.job
        if task.made:
            claimed = guarded(job, lambda: self.context.ledger.claim(job))
            if claimed is ClaimResult.DONE:  # it was put in its place, but could not say so
                self._end(task, task.made.outcome)
                return
        task.losses += 1
        if task.losses <= RETRIES:
            self._to_make.append(task)
            return
        msg = f"{job.source.path} was given up: {task.losses} workers were lost while they made it."
        hint = "Name it alone with --engine local to see what happens."
        self._end(task, Failed(source=job.source.path, error=ResourceError(msg, hint=hint)))

    def _drain(self) -> None:
        """Begin nothing more, and wait for what is being made."""
        self._to_make.clear()
        while self._answers.requests or any(actor.tasks for actor in self._actors):
            self._listen()
            self._to_make.clear()
