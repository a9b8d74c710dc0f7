"""Server-sent events about jobs, and archives of results."""

from __future__ import annotations

import asyncio
import io
import json
import time
import zipfile
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import asdict

from srcli.serve.job import Job
from srcli.serve.names import distinct
from srcli.serve.replies import finished, reply

INTERVAL = 0.2
"""Seconds from one look at the jobs to the next."""
SILENCE = 10.0
"""Seconds without an event before a comment says that the connection is alive."""
OLDEST = (1980, 1, 1, 0, 0, 0)
"""Time of all files in an archive: the server knows no better one."""
READABLE = 0o644 << 16
"""Attributes of all files in an archive: their owner may write them, all may read them."""


async def job_events(
    jobs: Callable[[], Sequence[Job]], is_over: Callable[[], bool]
) -> AsyncIterator[str]:
    """Yield the ids of all jobs, then an event for every change, the state of each first.

    Args:
        jobs: returns the jobs, of which some may come and go.
        is_over: tells when to stop. What changed until then is told.

    """
    told: dict[str, int] = {}
    yield _event("all", [job.id for job in jobs()])
    silent_since = time.monotonic()
    while True:
        last, texts = is_over(), list(_changes(jobs(), told))
        if texts:
            silent_since = time.monotonic()
            yield "".join(texts)
        elif time.monotonic() - silent_since > SILENCE:
            silent_since = time.monotonic()
            yield ": alive\n\n"
        if last:
            return
        await asyncio.sleep(INTERVAL)


def _changes(jobs: Sequence[Job], told: dict[str, int]) -> Iterator[str]:
    """Yield the events that bring who was ``told`` some revisions up to date."""
    for gone in told.keys() - {job.id for job in jobs}:
        del told[gone]
        yield _event("removed", {"id": gone})
    for job in jobs:
        revision = job.revision
        if told.get(job.id) != revision:
            told[job.id] = revision
            yield _event("job", asdict(reply(job)))


def _event(name: str, value: object) -> str:
    return f"event: {name}\ndata: {json.dumps(value)}\n\n"


def archive(jobs: Sequence[Job]) -> Iterator[bytes]:
    """Yield a ZIP file of the results of jobs, as it grows."""
    outlet = _Outlet()
    ready = [one for job in jobs if (one := finished(job))]
    names = distinct([name for name, _ in ready])
    with zipfile.ZipFile(outlet, "w", zipfile.ZIP_STORED) as zipped:
        for name, (_, made) in zip(names, ready, strict=True):
            entry = zipfile.ZipInfo(name, OLDEST)
            entry.external_attr = READABLE
            with zipped.open(entry, "w", force_zip64=True) as file:
                for piece in made.file.pieces():
                    file.write(piece)
                    yield outlet.take()
    yield outlet.take()


class _Outlet(io.RawIOBase):
    """Takes what is written, for someone to take away; nobody can go back in it."""

    def __init__(self) -> None:
        self._held = bytearray()

    def writable(self) -> bool:
        """Say yes."""
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        """Keep some."""
        self._held += data
        return len(data)

    def take(self) -> bytes:
        """Return what was written since the last call."""
        taken = bytes(self._held)
        self._held.clear()
        return taken
