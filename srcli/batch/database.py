"""The SQLite file of a manifest: how it is opened, and how its failures are told."""

from __future__ import annotations

import logging
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TypeVar

from srcli.batch.trust import (
    blank_manifest,
    bound,
    check_content,
    check_files,
    family,
    foreign,
    move_aside,
    restrain,
)
from srcli.errors import DiskFull, ForeignManifest, UnwritableFile
from srcli.files.atomic import disk_errors, write_file
from srcli.files.locks import any_run_alive, folder_lock

logger = logging.getLogger(__name__)
T = TypeVar("T")

NAME = ".srcli-manifest.sqlite"
PATIENCE = 60.0
"""Seconds to wait for another run's transaction, which takes milliseconds."""
NO_ROOM = 2**16
"""If fewer bytes are free, a failed write is explained by the full disk."""
_DAMAGE = {
    sqlite3.SQLITE_ERROR,
    sqlite3.SQLITE_INTERNAL,
    sqlite3.SQLITE_INTERRUPT,
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_SCHEMA,
    sqlite3.SQLITE_TOOBIG,
    sqlite3.SQLITE_CONSTRAINT,
    sqlite3.SQLITE_MISMATCH,
    sqlite3.SQLITE_FORMAT,
    sqlite3.SQLITE_RANGE,
    sqlite3.SQLITE_NOTADB,
}
"""What SQLite says of files that no run of ours could have left; SQL itself is never wrong here."""


def open_database(path: Path) -> sqlite3.Connection:
    """Open or create the file for writing, by whoever has its folder alone.

    What is in its place but is no manifest, or a damaged one, is moved aside with a warning.

    Raises:
        UnwritableFile: its place does not allow writing.
        DiskFull: the disk is full.
        DataError: it is of a later version.

    """
    _make_sound(path)
    with database_errors(path):
        database = _connect(path, "mode=rw")
        try:
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("PRAGMA synchronous = NORMAL")
        except BaseException:
            database.close()
            raise
        return database


def _make_sound(path: Path) -> None:
    """Leave a whole manifest at ``path``: the one that is there, or else a new one."""
    try:
        if _ask(path, lambda _: True):
            return
    except ForeignManifest as error:
        logger.warning(
            "%s It was moved to %s, and a new one was begun.", error.message, move_aside(path).name
        )
    else:
        with disk_errors(path):
            for empty in family(path):
                empty.unlink(missing_ok=True)
    try:
        write_file(path, blank_manifest(), overwrite=False)
    except UnwritableFile:
        if not path.is_file():  # else another run was faster, where folders cannot be locked
            raise


def read(path: Path, ask: Callable[[sqlite3.Connection], T]) -> T | None:
    """Ask the file something without changing anything in its folder.

    Returns:
        The answer; None if there is no file, or its run has written nothing yet.

    Raises:
        UnwritableFile: it cannot be opened.
        ForeignManifest: it is none of ours, or is damaged.
        DataError: it is of a later version.

    """
    if not any(map(os.path.lexists, family(path))):
        return None
    with folder_lock(path.parent, exclusive=False):
        return _ask(path, ask)


def _ask(path: Path, ask: Callable[[sqlite3.Connection], T]) -> T | None:
    """As ``read``, by whoever has a lock on the folder."""
    size = check_files(path)
    if not size:
        return None
    with database_errors(path), _readable(path) as database:
        bound(database, size)
        return ask(database) if check_content(database, path) else None


@contextmanager
def _readable(path: Path) -> Iterator[sqlite3.Connection]:
    """Open the file so that neither it nor anything beside it changes.

    SQLite would make use of what killed runs left beside the file, and thereby change it: a copy
    of all is read then. While a run is alive, that is the run's own business, and no copy would
    be whole.
    """
    left = [file for file in family(path)[1:] if file.name[-4:] != "-shm" and _has_content(file)]
    if not left:
        database = _connect(path, "mode=ro&immutable=1")
    elif any_run_alive(path.parent):
        database = _connect(path, "mode=ro")
    else:
        with tempfile.TemporaryDirectory(prefix="srcli-") as place:
            with disk_errors(path):
                for file in (path, *left):
                    shutil.copyfile(file, Path(place, file.name), follow_symlinks=False)
            with closing(_connect(Path(place, path.name), "mode=rw")) as copy:
                yield copy
        return
    with closing(database):
        yield database


def _has_content(file: Path) -> bool:
    return os.path.lexists(file) and file.lstat().st_size > 0


def _connect(path: Path, options: str) -> sqlite3.Connection:
    """Open a file that is there."""
    database = sqlite3.connect(
        f"{path.absolute().as_uri()}?{options}",
        timeout=PATIENCE,
        isolation_level=None,
        check_same_thread=False,
        uri=True,
    )
    try:
        restrain(database)
    except BaseException:
        database.close()
        raise
    return database


@contextmanager
def database_errors(path: Path) -> Iterator[None]:
    """Turn SQLite's failures into ours, about the manifest at ``path``."""
    try:
        yield
    except UnicodeDecodeError as error:  # SQLite quoted a damaged name, and Python could not tell
        raise foreign(path) from error
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
        if code in _DAMAGE:
            raise foreign(path) from error
        if code == sqlite3.SQLITE_FULL or _is_full(path.parent):
            msg = f"{path} cannot be written: the disk is full."
            raise DiskFull(msg, hint="Free some space or choose another folder.") from error
        msg = f"{path} cannot be opened or written: {error}."
        raise UnwritableFile(msg) from error


def _is_full(folder: Path) -> bool:
    try:
        return shutil.disk_usage(folder).free < NO_ROOM
    except OSError:  # the folder is gone
        return False
