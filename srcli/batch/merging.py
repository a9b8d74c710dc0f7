"""Take what the manifests of other folders say into that of the folder that all results went to."""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from srcli.batch.database import NAME, database_errors, open_database, read
from srcli.batch.entries import Record, each_record, find_entry, result_of
from srcli.batch.fingerprint import settings_fingerprint
from srcli.batch.object_notes import record_folder
from srcli.batch.settled import Listing
from srcli.files.atomic import disk_errors
from srcli.files.locks import RunLock, folder_lock
from srcli.files.objects.address import Location, ObjectPath

AT_ONCE = 1000
"""Rows that are taken over in one transaction."""
TimeOf = Callable[[Record], int | None]
"""Returns when a result last changed, in nanoseconds; None if it is not there as recorded."""


@dataclass(slots=True)
class Merged:
    """How many rows were taken over, were known already, and are of results that are not there."""

    taken: int = 0
    known: int = 0
    missing: int = 0


def merge_manifests(folder: Location, others: Sequence[Path]) -> Merged:
    """Take rows of other folders' manifests into that of ``folder``, which may have none yet.

    A result that is done is taken over if the same file lies at the same place below ``folder``,
    or the same object in a bucket; what was skipped or failed, if nothing is known of it there.
    No picture is read or moved.

    Raises:
        UnwritableFile: a manifest cannot be opened or written.
        ForeignManifest: one of the others is damaged or none of ours.
        DataError: one is of a later version.
        UnreadableImage: the bucket cannot be listed.

    """
    merged, place = Merged(), record_folder(folder)
    path = place / NAME
    with disk_errors(path):
        place.mkdir(parents=True, exist_ok=True)
    with RunLock(place) as run:
        with folder_lock(place, exclusive=True):
            database = open_database(path)
        with closing(database):
            for other in others:
                time_of = _time_of(folder)

                def take(found: sqlite3.Connection, time_of: TimeOf = time_of) -> None:
                    for some in _batches(each_record(found)):
                        with database_errors(path):
                            database.execute("BEGIN IMMEDIATE")
                            _take(database, some, time_of, run.token, merged)
                            database.execute("COMMIT")

                read(other / NAME, take)
                settings = read(other / NAME, _settings) or {}
                with database_errors(path):
                    for row in settings.items():
                        database.execute("INSERT OR IGNORE INTO settings VALUES (?, ?)", row)
    return merged


def _batches(records: Iterator[Record]) -> Iterator[Sequence[Record]]:
    while some := list(islice(records, AT_ONCE)):
        yield some


def _time_of(folder: Location) -> TimeOf:
    listing = Listing(folder) if isinstance(folder, ObjectPath) else None

    def find(record: Record) -> int | None:
        result, recorded = result_of(folder, record.output), record.entry.output
        if result is None or recorded is None:
            return None
        if not isinstance(result, ObjectPath):
            return result.stat().st_mtime_ns if recorded.still_holds(result) else None
        seen = listing.find(result) if listing else None
        same = seen and (seen.size, seen.version) == (recorded.size, recorded.sha256)
        return seen.mtime_ns if seen and same else None

    return find


def _settings(database: sqlite3.Connection) -> dict[str, str]:
    """Return the settings that are what their fingerprints say."""
    rows = database.execute("SELECT fingerprint, content FROM settings")
    return {name: content for name, content in rows if _is_sound(name, content)}


def _is_sound(fingerprint: object, content: object) -> bool:
    try:
        settings = json.loads(str(content))
        settings.pop("model", None)
        return bool(settings_fingerprint(settings) == fingerprint)
    except (ValueError, RecursionError, AttributeError, TypeError):
        return False


def _take(
    database: sqlite3.Connection,
    records: Sequence[Record],
    time_of: TimeOf,
    token: str,
    merged: Merged,
) -> None:
    for record in records:
        if record.entry.state in {"claimed", "writing"}:
            continue
        known = find_entry(database, os.fsencode(record.output))
        done = record.entry.state == "done"
        if known and (known.state == "done" or not done):
            merged.known += 1
            continue
        time_ns = time_of(record) if done else None
        if done and time_ns is None:
            merged.missing += 1
            continue
        merged.taken += 1
        _put(database, record, time_ns, token)


def _put(database: sqlite3.Connection, record: Record, time_ns: int | None, token: str) -> None:
    entry = record.entry
    values: dict[str, object] = {
        "output": os.fsencode(record.output),
        "source": os.fsencode(entry.source_path),
        "state": entry.state,
        "owner": token,
        "fingerprint": entry.fingerprint,
        "updated": time.time(),
        "message": record.message or None,
        **record.figures,
    }
    for name, state in (("source", entry.source), ("output", entry.output)):
        if state:
            values |= {
                f"{name}_bytes": state.size,
                f"{name}_mtime_ns": state.mtime_ns if state.mtime_ns >= 0 else None,
                f"{name}_sha256": state.sha256,
            }
    if time_ns is not None:
        values["output_mtime_ns"] = time_ns
    texts = {"output", "source"}
    places = ", ".join("CAST(? AS TEXT)" if name in texts else "?" for name in values)
    database.execute(
        f"INSERT OR REPLACE INTO pictures ({', '.join(values)}) VALUES ({places})",  # noqa: S608 - names of columns, all written here
        tuple(values.values()),
    )
