"""What a result in a bucket says of itself, so that runs on other machines know it.

The record of a folder is on the disk of one machine. Each object carries, as its metadata, with
which settings it was made and of which state of which picture. Whoever may write into the bucket
may write these too; all that they can bring about is that a picture is taken for done.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path

from srcli.batch.fingerprint import FileState
from srcli.batch.ledger import Entry, Made
from srcli.batch.locations import state_of_object
from srcli.files.objects.address import Location, ObjectPath
from srcli.files.objects.client import look_at
from srcli.weights.providers.cache import cache_folder

_STATE = re.compile(r"(\d{1,18})-(\d{1,20})-([0-9a-f]{64})")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_NOBODY = "0" * 16
"""Token of no run."""


def notes_of(made: Made, settings: str) -> Mapping[str, str]:
    """Return the metadata of a result; ``settings`` is the fingerprint of its settings."""
    source = made.source
    return {"settings": settings, "source": f"{source.size}-{source.mtime_ns}-{source.sha256}"}


def noted_result(output: Location) -> Entry | None:
    """Return what an object says of itself; None if it is none of ours, or a file.

    Raises:
        UnreadableImage: its store does not tell.

    """
    seen = look_at(output) if isinstance(output, ObjectPath) else None
    if seen is None:
        return None
    settings, source = (
        seen.notes.get("settings", ""),
        _STATE.fullmatch(seen.notes.get("source", "")),
    )
    if not source or not _DIGEST.fullmatch(settings):
        return None
    size, mtime_ns, sha256 = source.groups()
    return Entry(
        state="done",
        owner=_NOBODY,
        fingerprint=settings,
        source_path=str(output),
        source=FileState(size=int(size), mtime_ns=int(mtime_ns), sha256=sha256),
        output=state_of_object(seen),
    )


def either(*ways: Callable[[Location], Entry | None]) -> Callable[[Location], Entry | None]:
    """Return what asks several records of a result, one after another."""

    def find(output: Location) -> Entry | None:
        return next(filter(None, (way(output) for way in ways)), None)

    return find


def record_folder(folder: Location) -> Path:
    """Return the folder of the record of a folder of results: itself, or for a bucket one here.

    Raises:
        UsageError: the tool's own folder is set to the home of a user who is not known.

    """
    if isinstance(folder, ObjectPath):
        name = hashlib.sha256(os.fsencode(str(folder))).hexdigest()[:32]
        return cache_folder() / "buckets" / name
    return folder
