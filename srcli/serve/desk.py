"""Takes jobs in, keeps them, and says which is next."""

from __future__ import annotations

import secrets
import threading
import time
from itertools import count
from typing import Literal

from srcli.errors import ResourceError, UnknownName, UsageError
from srcli.serve.job import Failure, Job, Made, work_of
from srcli.serve.limits import Limits
from srcli.serve.maker import Look, Maker
from srcli.serve.spool import Spool
from srcli.serve.wanted import Wanted, find_offer

Lane = Literal["any", "small"]
"""A worker takes any job, or small jobs alone, so that these never wait for large ones."""
_TICK = 1.0
"""Seconds after which a worker that waits looks for jobs that nobody wants any more."""


class Desk:
    """All jobs of a server. Its methods may be called from any thread.

    Args:
        limits: what is accepted.
        maker: looks at pictures and makes them larger.

    """

    def __init__(self, limits: Limits, maker: Maker) -> None:
        self.limits = limits
        self.maker = maker
        self._jobs: dict[str, Job] = {}
        self._turn: dict[str, int] = {}
        self._numbers = count(1)
        self._turns = count(1)
        self._changed = threading.Condition()
        self._closed = False

    def check_room(self) -> None:
        """Refuse another picture where there is no room.

        Raises:
            ResourceError: there are too many jobs, or their files take too much room.

        """
        with self._changed:
            self._expire()
            if len(self._jobs) >= self.limits.jobs:
                msg = f"The queue is full: it holds {self.limits.jobs} pictures."
                raise ResourceError(msg, hint="Remove some, or try again later.")
            if sum(job.stored for job in self._jobs.values()) >= self.limits.stored_bytes:
                msg = f"All pictures together take {self.limits.stored_bytes / 1e9:g} GB already."
                raise ResourceError(msg, hint="Remove some, or try again later.")

    def take_in(self, source: Spool, look: Look, *, name: str, of: str = "") -> Job:
        """Keep a picture that was looked at; ``of`` is the list that it belongs to.

        Raises:
            ResourceError: there is no room.

        """
        with self._changed:
            self.check_room()
            job = Job(
                id=secrets.token_urlsafe(16),
                list=of,
                name=name,
                number=next(self._numbers),
                source=source,
                look=look,
            )
            self._jobs[job.id] = job
            return job

    def check(self, look: Look, wanted: Wanted) -> float:
        """Refuse what cannot be made of a picture; return the multiply-adds that it takes.

        Raises:
            UsageError: what is wanted makes no sense.
            UnknownModel: the model is none that is offered.

        """
        target = self.maker.target(look.info, wanted)
        wanted.output()
        kmacs = find_offer(wanted.model).kmacs
        return work_of((target.height, target.width), look.info.frames, kmacs)

    def start(self, job: Job, wanted: Wanted) -> None:
        """Put a job into the queue, also one that was made or failed before.

        Raises:
            UsageError: as ``check``; or it is in the queue already.
            UnknownName: it was removed.

        """
        work = self.check(job.look, wanted)
        with self._changed:
            if job.unwanted:
                raise _removed()
            if job.state in {"waiting", "running"}:
                msg = f"{job.name} is in the queue already."
                raise UsageError(msg, hint="Wait for it, or remove it.")
            self._forget_result(job)
            job.wanted, job.failure, job.state = wanted, None, "waiting"
            job.work, job.done, job.total = work, 0, 0
            job.touch()
            self._changed.notify_all()

    def start_all(self, name: str, wanted: Wanted) -> list[Job]:
        """Start every job of a list that is held or failed; return all jobs of the list.

        Raises:
            UsageError: as ``check``, for any of them; then none is started.

        """
        jobs = self.of_list(name)
        idle = [job for job in jobs if job.state in {"held", "failed"}]
        for job in idle:
            self.check(job.look, wanted)
        for job in idle:
            self.start(job, wanted)
        return jobs

    def find(self, name: str) -> Job:
        """Return a job by its id; it counts as used.

        Raises:
            UnknownName: there is none, or none any more.

        """
        with self._changed:
            job = self._jobs.get(name)
            if job is None:
                raise _removed()
            job.touched = time.monotonic()
            return job

    def of_list(self, name: str) -> list[Job]:
        """Return the jobs of a list, the first one first; none of the list without a name."""
        with self._changed:
            return [job for job in self._jobs.values() if name and job.list == name]

    def remove(self, job: Job) -> None:
        """Forget a job, and stop the work on it."""
        with self._changed:
            self._jobs.pop(job.id, None)
            job.unwanted = True
            if job.state != "running":
                self._drop(job)

    def next_for(self, lane: Lane) -> Job | None:
        """Wait for a job of a lane, and take it; None once the desk is closed.

        Lists take turns, so that one of many pictures does not keep the others waiting.
        """
        with self._changed:
            while not self._closed:
                self._expire()
                waiting = [
                    job
                    for job in self._jobs.values()
                    if job.state == "waiting" and (lane == "any" or job.is_small)
                ]
                if waiting:
                    job = min(waiting, key=lambda one: (self._turn.get(one.list, 0), one.number))
                    self._turn[job.list] = next(self._turns)
                    job.state = "running"
                    job.touch()
                    return job
                self._changed.wait(_TICK)
            return None

    def ended(self, job: Job, outcome: Made | Failure) -> None:
        """Note what became of a job."""
        with self._changed:
            if isinstance(outcome, Made):
                job.made, job.state = outcome, "done"
            else:
                job.failure, job.state = outcome, "failed"
            job.touch()
            if job.unwanted:
                self._drop(job)

    def stop(self) -> None:
        """Begin nothing more. A signal handler may call this."""
        self._closed = True

    def close(self) -> None:
        """Stop all work, and forget all jobs."""
        self.stop()
        with self._changed:
            for job in list(self._jobs.values()):
                self.remove(job)
            self._changed.notify_all()

    @property
    def is_closed(self) -> bool:
        """Tell whether no more is done."""
        return self._closed

    def _expire(self) -> None:
        """Forget jobs that nothing happened to for long, and whose turn they had."""
        latest = time.monotonic() - self.limits.keep_seconds
        for job in list(self._jobs.values()):
            if job.state not in {"waiting", "running"} and job.touched < latest:
                self.remove(job)
        lists = {job.list for job in self._jobs.values()}
        self._turn = {name: turn for name, turn in self._turn.items() if name in lists}

    def _forget_result(self, job: Job) -> None:
        if job.made:
            job.made.file.drop()
            job.made = None

    def _drop(self, job: Job) -> None:
        self._forget_result(job)
        job.source.drop()


def _removed() -> UnknownName:
    msg = "There is no such job, or it was removed."
    return UnknownName(msg)
