"""Enlarge what appears in folders, for as long as the program runs."""

from __future__ import annotations

import glob
import time
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from srcli.batch.naming import Job
from srcli.batch.outcome import Listener, Outcome, SilentListener, ends_run
from srcli.errors import UsageError
from srcli.files.objects.address import Location, is_object
from srcli.usecases.clashes import Clashes
from srcli.usecases.upscale import batch_folder, find_jobs, make, prepare, result_folder
from srcli.usecases.upscale_request import UpscaleRequest

INTERVAL = 2.0
"""Seconds from one look at the folders to the next."""

State = tuple[int, int]
"""Size in bytes, and time of the last change in nanoseconds."""


def watch_folders(
    request: UpscaleRequest, listener: Listener | None = None, *, interval: float = INTERVAL
) -> Iterator[Outcome]:
    """Enlarge the pictures of a request, then every one that appears or changes.

    A picture is taken once it was the same in two looks, so that none is read while it is
    still being written. One that would become the same file as another fails, once.
    It ends only by an exception such as KeyboardInterrupt, by a full disk, when the folder of
    results is removed or replaced, or with ``fail_fast`` by any failure.

    Raises:
        UsageError: an input is neither a folder nor a pattern, or results would not go below
            one folder; so do all errors of ``upscale``.

    """
    _check(request)
    listener = listener or SilentListener()
    models = prepare(request)
    looked: dict[Location, State] = {}
    taken: dict[Location, State] = {}
    clashes = Clashes()
    place = result_folder(request)
    while True:
        jobs = find_jobs(request, allow_none=True, earlier=taken, on_clash=clashes.add)
        found = {job: _state(job) for job in jobs}
        settled = [
            job
            for job, state in found.items()
            if state and looked.get(job.source.path) == state != taken.get(job.source.path)
        ]
        looked = {job.source.path: state for job, state in found.items() if state}
        taken.update((job.source.path, looked[job.source.path]) for job in settled)
        ended = False
        made = make(settled, request, models, listener, place) if settled else ()
        for outcome in chain(clashes.tell(listener), made):
            ended = ended or ends_run(outcome, fail_fast=request.fail_fast)
            yield outcome
        if ended:
            return
        time.sleep(interval)


def _check(request: UpscaleRequest) -> None:
    if any(map(is_object, (*request.inputs, request.output))):
        msg = "Buckets cannot be watched."
        raise UsageError(msg, hint="Run the same command again from time to time: it goes on.")
    watched = all(Path(given).is_dir() or glob.has_magic(given) for given in request.inputs)
    if not request.inputs or not watched or batch_folder(request) is None:
        msg = "Only folders and patterns can be watched, with results below one folder."
        raise UsageError(msg, hint="Type it as in `srcli upscale incoming/ -o large/ --watch`.")


def _state(job: Job) -> State | None:
    try:
        found = Path(job.source.path).stat()
    except OSError:  # gone since it was found
        return None
    return found.st_size, found.st_mtime_ns
