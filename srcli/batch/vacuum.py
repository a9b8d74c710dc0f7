"""Make a manifest as small as what it still has to say."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass

from srcli.batch.database import NAME, database_errors, open_database, read
from srcli.batch.entries import Record, each_record, result_of
from srcli.batch.object_notes import record_folder
from srcli.batch.settled import Listing
from srcli.batch.trust import family
from srcli.errors import UnwritableFile
from srcli.files.locks import any_run_alive, folder_lock
from srcli.files.objects.address import Location, ObjectPath

Row = tuple[bytes, float]
"""What a result goes by, and when it was written down."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vacuumed:
    """What was done to a manifest.

    Attributes:
        forgotten: rows of results that are not there any more.
        before: bytes that it had on the disk.
        after: bytes that it has now.

    """

    forgotten: int
    before: int
    after: int


def vacuum_manifest(folder: Location) -> Vacuumed:
    """Forget the results that are not there any more, and give back the room of all forgotten ones.

    What failed or was skipped stays known. A run of later would make the forgotten results again,
    as it would have done before.

    Raises:
        UnwritableFile: a run is at work in the folder, or the manifest cannot be written.
        ForeignManifest: it is damaged or none of ours.
        DataError: it is of a later version.
        DiskFull: the disk has no room for a second manifest beside it.
        UnreadableImage: the bucket cannot be listed.

    """
    place = record_folder(folder)
    path = place / NAME
    gone = read(path, lambda database: list(_gone(folder, database))) or []
    with folder_lock(place, exclusive=True):  # no run begins meanwhile
        if any_run_alive(place):
            msg = f"{path} cannot be made smaller while a run writes to it."
            raise UnwritableFile(msg, hint="Wait until the run has ended.")
        before = _size(folder)
        with closing(open_database(path)) as database, database_errors(path):
            forgotten = _forget(database, gone)
            database.execute("VACUUM")
    return Vacuumed(forgotten=forgotten, before=before, after=_size(folder))


def _gone(folder: Location, database: sqlite3.Connection) -> Iterator[Row]:
    """Yield the rows of results that are not there."""
    there = _look(folder)
    for record in each_record(database):
        state = record.entry.state
        if state == "claimed" or (state in {"writing", "done"} and not there(record)):
            yield os.fsencode(record.output), record.entry.updated


def _look(folder: Location) -> Callable[[Record], bool]:
    listing = Listing(folder) if isinstance(folder, ObjectPath) else None

    def is_there(record: Record) -> bool:
        result = result_of(folder, record.output)
        if isinstance(result, ObjectPath):
            return listing is not None and listing.find(result) is not None
        return result is not None and os.path.lexists(result)

    return is_there


def _forget(database: sqlite3.Connection, rows: list[Row]) -> int:
    """Remove rows that are as they were read, and settings that nothing was made with."""
    database.execute("BEGIN IMMEDIATE")
    forgotten = database.executemany(
        "DELETE FROM pictures WHERE output = CAST(? AS TEXT) AND updated = ?", rows
    ).rowcount
    database.execute(
        "DELETE FROM settings WHERE fingerprint NOT IN (SELECT fingerprint FROM pictures)"
    )
    database.execute("COMMIT")
    return max(0, forgotten)


def _size(folder: Location) -> int:
    files = family(record_folder(folder) / NAME)
    return sum(file.stat().st_size for file in files if file.exists())
