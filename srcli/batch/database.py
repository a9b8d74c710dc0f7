"""The SQLite file of a manifest: how it is opened, read, and how its failures are told."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, TypeVar

from srcli.batch.fingerprint import FileState
from srcli.batch.ledger import Entry
from srcli.batch.locks import folder_lock
from srcli.errors import DataError, DiskFull, UnwritableImage

T = TypeVar("T")

NAME = ".srcli-manifest.sqlite"
VERSION = 1
PATIENCE = 60.0
"""Seconds to wait for another run's transaction, which takes milliseconds."""
NO_ROOM = 2**16
"""Free bytes below which a failed write is laid to the full disk."""

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

ENTRIES = """
SELECT output, state, owner, fingerprint, source_bytes, source_mtime_ns, source_sha256,
       output_bytes, output_mtime_ns, output_sha256
FROM pictures
"""


def open_database(path: Path) -> sqlite3.Connection:
    """Open or create the file for writing, by whoever has its folder alone.

    Raises:
        UnwritableImage: its place does not allow writing.
        DiskFull: the disk is full.
        DataError: it is none of ours, or of another version.

    """
    with database_errors(path):
        database = _connect(str(path))
        try:
            version = _version(database)
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("PRAGMA synchronous = NORMAL")
            if version == 0:
                database.executescript(f"{SCHEMA} PRAGMA user_version = {VERSION};")
            _check_version(path, version or VERSION)
        except BaseException:
            database.close()
            raise
        return database


def read(path: Path, ask: Callable[[sqlite3.Connection], T]) -> T | None:
    """Ask the file something without changing anything in its folder.

    Returns:
        The answer; None if there is no file, or its run has written nothing yet.

    Raises:
        UnwritableImage: it cannot be opened.
        DataError: it is none of ours, or of another version.

    """
    if not path.exists():
        return None
    with folder_lock(path.parent, exclusive=False), database_errors(path):
        unused = not path.with_name(f"{path.name}-wal").exists()
        uri = f"{path.absolute().as_uri()}?mode=ro{'&immutable=1' if unused else ''}"
        with closing(_connect(uri, uri=True)) as database:
            version = _version(database)
            if version == 0:
                return None
            _check_version(path, version)
            return ask(database)


def _connect(name: str, *, uri: bool = False) -> sqlite3.Connection:
    database = sqlite3.connect(
        name, timeout=PATIENCE, isolation_level=None, check_same_thread=False, uri=uri
    )
    database.text_factory = os.fsdecode  # names of files need not be UTF-8
    return database


def _version(database: sqlite3.Connection) -> int:
    return int(database.execute("PRAGMA user_version").fetchone()[0])


def _check_version(path: Path, version: int) -> None:
    if version != VERSION:
        msg = f"{path} has version {version}; this srcli reads version {VERSION}"
        raise DataError(msg, hint="use another output folder, or the srcli that wrote it")


@contextmanager
def database_errors(path: Path) -> Iterator[None]:
    """Turn SQLite's failures into ours, about the manifest at ``path``."""
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
        if code in {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT}:
            msg = f"{path} is not a manifest, or is damaged"
            raise DataError(
                msg, hint="remove it; results that are there then need --overwrite"
            ) from error
        if code == sqlite3.SQLITE_FULL or shutil.disk_usage(path.parent).free < NO_ROOM:
            msg = f"{path} cannot be written: the disk is full"
            raise DiskFull(msg, hint="free some space or choose another folder") from error
        msg = f"{path} cannot be written: {error}"
        raise UnwritableImage(msg) from error


def find_entry(database: sqlite3.Connection, key: bytes) -> Entry | None:
    """Return what is known of the result of that relative path."""
    row = database.execute(f"{ENTRIES} WHERE output = CAST(? AS TEXT)", (key,)).fetchone()
    return _entry(row) if row else None


def all_entries(database: sqlite3.Connection) -> dict[bytes, Entry]:
    """Return what is known of every result, by its relative path."""
    return {os.fsencode(row[0]): _entry(row) for row in database.execute(ENTRIES)}


def _entry(row: tuple[Any, ...]) -> Entry:
    state, owner, fingerprint, *files = row[1:]
    source, output = (_file_state(*files[at : at + 3]) for at in (0, 3))
    return Entry(state=state, owner=owner, fingerprint=fingerprint, source=source, output=output)


def _file_state(size: int | None, mtime_ns: int | None, sha256: str | None) -> FileState | None:
    if size is None or sha256 is None:
        return None
    return FileState(size=size, mtime_ns=-1 if mtime_ns is None else mtime_ns, sha256=sha256)


def output_key(folder: Path, output: Path) -> bytes:
    """Return the relative path that a result goes by; bytes, as names need not be UTF-8."""
    return os.fsencode(os.path.relpath(output, folder))
