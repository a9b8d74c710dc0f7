"""Tell whether the file in a manifest's place is one that srcli wrote, found out without any risk.

The file may have come with a folder from anywhere. It is looked at before SQLite opens it, what
SQLite opens then may neither follow links nor run views or triggers, and everything that is read
from it is bounded by its size.
"""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from itertools import count
from pathlib import Path

from srcli.errors import DataError, ForeignManifest
from srcli.files.atomic import disk_errors

VERSION = 1
LAST_VERSION = 999
"""Versions above are no versions, but damage."""
SIDE_FILES = ("-wal", "-shm", "-journal")
"""Ends of the names of what SQLite keeps beside a file; of them only the first two are written."""
MOST_BYTES = 2**32
"""The largest manifest that is read, in bytes: about ten million pictures."""
LONGEST_VALUE = 2**20
"""The longest value that is read, in bytes; messages and paths are far shorter."""
FREE_STEPS = 10**7
STEPS_PER_BYTE = 20
"""Steps of SQLite's machine that questions may take: all honest ones take less than one a byte."""
STEPS_BETWEEN_LOOKS = 10_000
SUPER_JOURNAL = bytes.fromhex("d9d505f920a163d7")
"""Last bytes of a journal that names another file, which SQLite would read and could delete."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS settings (fingerprint TEXT PRIMARY KEY, content TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS pictures (
    output TEXT PRIMARY KEY, source TEXT NOT NULL, state TEXT NOT NULL, owner TEXT NOT NULL,
    fingerprint TEXT NOT NULL, updated REAL NOT NULL,
    source_bytes INTEGER, source_mtime_ns INTEGER, source_sha256 TEXT,
    output_bytes INTEGER, output_mtime_ns INTEGER, output_sha256 TEXT,
    source_height INTEGER, source_width INTEGER, height INTEGER, width INTEGER,
    seconds REAL, consistency_db REAL, message TEXT
);
"""


def foreign(path: Path) -> ForeignManifest:
    """Return the error for a file that cannot be used as a manifest."""
    msg = f"{path} is damaged, or is not a manifest that srcli wrote."
    return ForeignManifest(msg, hint="Remove it. Results that are there then need --overwrite.")


def family(path: Path) -> tuple[Path, ...]:
    """Return a manifest and the files that SQLite may keep beside it."""
    return path, *(path.with_name(f"{path.name}{end}") for end in SIDE_FILES)


def check_files(path: Path) -> int:
    """Look at a manifest and the files beside it without opening what could block or mislead.

    Returns:
        How many bytes they have together; 0 if there is none.

    Raises:
        ForeignManifest: one is no regular file, they are too large, the manifest itself is
            missing although the others are there, or a journal names another file.

    """
    sizes = [_size(file, path) for file in family(path)]
    total = sum(size or 0 for size in sizes)
    if total > MOST_BYTES or (sizes[0] is None and any(sizes)):
        raise foreign(path)
    journal = family(path)[-1]
    if sizes[-1] and _ends_with(journal, SUPER_JOURNAL):
        raise foreign(path)
    return total


def _size(file: Path, manifest: Path) -> int | None:
    try:
        found = file.lstat()
    except OSError:
        return None
    if not stat.S_ISREG(found.st_mode):
        raise foreign(manifest)
    return found.st_size


def _ends_with(file: Path, end: bytes) -> bool:
    with disk_errors(file), file.open("rb") as content:
        content.seek(max(0, file.lstat().st_size - len(end)))
        return content.read(len(end)) == end


def restrain(database: sqlite3.Connection) -> None:
    """Let a file that others may have made run nothing of its own, and hold no huge values."""
    database.text_factory = os.fsdecode  # names of files need not be UTF-8
    database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST_VALUE)
    database.execute("PRAGMA trusted_schema = OFF")
    database.execute("PRAGMA cell_size_check = ON")


def bound(database: sqlite3.Connection, size: int) -> None:
    """End questions that take more steps than a file of ``size`` bytes can give reason for."""
    looks = count()
    most = (FREE_STEPS + STEPS_PER_BYTE * size) // STEPS_BETWEEN_LOOKS
    database.set_progress_handler(lambda: next(looks) > most, STEPS_BETWEEN_LOOKS)


def check_content(database: sqlite3.Connection, path: Path) -> bool:
    """Make sure that an open file is a whole manifest of this version.

    Returns:
        False if it is an empty database, whose run was ended before it wrote anything.

    Raises:
        ForeignManifest: it has other tables or anything beside them, or is damaged.
        DataError: it is of a later version.

    """
    version = int(database.execute("PRAGMA user_version").fetchone()[0])
    if VERSION < version <= LAST_VERSION:
        msg = f"{path} has version {version}, but this srcli reads version {VERSION}."
        raise DataError(msg, hint="Use another output folder, or the srcli that wrote it.")
    found = _schema(database)
    if version == 0 and not found:
        return False
    if version != VERSION or found != _own_schema():
        raise foreign(path)
    if database.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
        raise foreign(path)
    for table in ("settings", "pictures"):  # reads every value, so that none turns out too long
        columns = [name for _, name, *_ in database.execute(f"PRAGMA table_info({table})")]
        database.execute(f"SELECT {', '.join(f'max({name})' for name in columns)} FROM {table}")  # noqa: S608 - our own names
    return True


def _schema(database: sqlite3.Connection) -> list[tuple[object, ...]]:
    """Return what a file defines, no more of it than one too many."""
    select = "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY rowid LIMIT 8"
    return database.execute(select).fetchall()


def _own_schema() -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(":memory:")) as database:
        database.executescript(SCHEMA)
        return _schema(database)


def blank_manifest() -> bytes:
    """Return the content of a manifest that knows nothing yet."""
    with closing(sqlite3.connect(":memory:")) as database:
        database.executescript(f"{SCHEMA} PRAGMA user_version = {VERSION};")
        return database.serialize()


def move_aside(path: Path) -> Path:
    """Give a manifest that cannot be used, and the files beside it, names that are free.

    Links, pipes and folders in its place are renamed themselves; nothing behind them is touched.

    Returns:
        The new path of the manifest.

    Raises:
        UnwritableFile: the folder does not allow it.

    """
    aside = next(name for name in _free_names(path) if not os.path.lexists(name))
    with disk_errors(path):
        for old, new in zip(family(path), family(aside), strict=True):
            if os.path.lexists(old):
                old.rename(new)
    return aside


def _free_names(path: Path) -> Iterator[Path]:
    return (path.with_name(f"{path.name}.broken-{number}") for number in count(1))
