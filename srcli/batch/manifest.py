"""The manifest of a folder of results: what became of each, also after a kill."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

from srcli.batch.database import (
    NAME,
    all_entries,
    database_errors,
    find_entry,
    open_database,
    output_key,
    read,
)
from srcli.batch.fingerprint import canonical, settings_fingerprint
from srcli.batch.ledger import Entry, Made, NoLedger, State, Verdict, judge
from srcli.batch.locks import RunLock, folder_lock
from srcli.errors import ImageError, ResourceError
from srcli.images.atomic import disk_errors
from srcli.images.naming import Job


class Manifest:
    """What became of every picture below one folder.

    Several runs may have it open at once: a picture belongs to the run that claimed it for as
    long as that run lives. Threads may share one object. SQLite needs a file system that locks
    reliably: a local disk, not every network share.
    """

    def __init__(self, folder: Path, settings: Mapping[str, object], *, overwrite: bool) -> None:
        """Open or create the manifest of ``folder``, and begin a run.

        Raises:
            UnwritableImage: the folder does not allow writing.
            DiskFull: the disk is full.
            DataError: the file there is none of ours, or of another version.

        """
        self.folder = folder
        self.fingerprint = settings_fingerprint(settings)
        self.overwrite = overwrite
        self._path = folder / NAME
        self._mutex = threading.Lock()
        with disk_errors(self._path):
            folder.mkdir(parents=True, exist_ok=True)
            self._run = RunLock(folder)
        try:
            self._run.sweep()
            with folder_lock(folder, exclusive=True):  # not while others open or read it
                self._database = open_database(self._path)
            with self._transaction() as database:
                database.execute(
                    "INSERT OR IGNORE INTO settings VALUES (?, ?)",
                    (self.fingerprint, canonical(settings)),
                )
        except BaseException:
            self._run.release()
            raise

    def claim(self, job: Job) -> Verdict:
        """Take a picture for this run; see ``Ledger``."""
        key = output_key(self.folder, job.output)
        with self._transaction() as database:
            entry = find_entry(database, key)
            if entry and self._is_busy(entry):
                return Verdict.BUSY
            verdict = judge(entry, job, self.fingerprint, overwrite=self.overwrite)
            if verdict is not Verdict.DONE:
                self._put(database, job, "claimed")
            elif entry:
                with suppress(OSError):  # gone since it was looked at
                    if not _is_current(entry, job):
                        self._put(database, job, "done", **_times(job))
            return verdict

    def writing(self, job: Job, made: Made) -> None:
        """Note what is about to be written; see ``Ledger``."""
        outcome = made.outcome
        with self._transaction() as database:
            self._put(
                database,
                job,
                "writing",
                source_bytes=made.source.size,
                source_mtime_ns=made.source.mtime_ns,
                source_sha256=made.source.sha256,
                output_bytes=made.size,
                output_mtime_ns=None,
                output_sha256=made.sha256,
                source_height=outcome.source_size[0],
                source_width=outcome.source_size[1],
                height=outcome.size[0],
                width=outcome.size[1],
                seconds=outcome.seconds,
                consistency_db=outcome.consistency.psnr if outcome.consistency else None,
                message="copied" if outcome.copied else None,
            )

    def done(self, job: Job) -> None:
        """Note that the output is in its place; see ``Ledger``."""
        with disk_errors(job.output):
            written = job.output.stat()
        with self._transaction() as database:
            self._put(database, job, "done", output_mtime_ns=written.st_mtime_ns)

    def skipped(self, job: Job, reason: str) -> None:
        """Note that there is nothing to make; see ``Ledger``."""
        with self._transaction() as database:
            self._put(database, job, "skipped", message=reason)

    def failed(self, job: Job, error: ImageError | ResourceError) -> None:
        """Note why there is no output; see ``Ledger``."""
        with self._transaction() as database:
            self._put(database, job, "failed", message=error.message)

    def close(self) -> None:
        """End the run."""
        with folder_lock(self.folder, exclusive=True):  # the last to close rewrites the file
            self._database.close()
        self._run.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _is_busy(self, entry: Entry) -> bool:
        begun = entry.state in {"claimed", "writing"}
        return begun and entry.owner != self._run.token and self._run.is_alive(entry.owner)

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """One at a time, in this process and all others: reads hold for the writes after them."""
        with self._mutex, database_errors(self._path):
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield self._database
            except BaseException:
                self._database.execute("ROLLBACK")
                raise
            self._database.execute("COMMIT")

    def _put(
        self,
        database: sqlite3.Connection,
        job: Job,
        state: State,
        **columns: float | str | None,
    ) -> None:
        """Set the state and some columns of a picture, which is new or known."""
        values = {
            "source": os.fsencode(job.source.path.absolute()),
            "state": state,
            "owner": self._run.token,
            "fingerprint": self.fingerprint,
            "updated": time.time(),
            **columns,
        }
        names = ", ".join(values)
        places = ", ".join("CAST(? AS TEXT)" if name == "source" else "?" for name in values)
        changes = ", ".join(f"{name} = excluded.{name}" for name in values)
        database.execute(
            f"INSERT INTO pictures (output, {names}) VALUES (CAST(? AS TEXT), {places}) "  # noqa: S608 - names of columns, all written here
            f"ON CONFLICT (output) DO UPDATE SET {changes}",
            (output_key(self.folder, job.output), *values.values()),
        )


class ManifestView(NoLedger):
    """What a manifest says, without a run and without changing anything."""

    def __init__(self, folder: Path, settings: Mapping[str, object], *, overwrite: bool) -> None:
        """Read the manifest of ``folder``, if it has one.

        Raises:
            UnwritableImage: it cannot be opened.
            DataError: the file there is none of ours, or of another version.

        """
        super().__init__(overwrite=overwrite)
        self.folder = folder
        self.fingerprint = settings_fingerprint(settings)
        self._entries = read(folder / NAME, all_entries) or {}

    def claim(self, job: Job) -> Verdict:
        """Return what a run would do about a picture; see ``Ledger``."""
        entry = self._entries.get(output_key(self.folder, job.output))
        return judge(entry, job, self.fingerprint, overwrite=self.overwrite)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is open."""


def recorded_results(folder: Path) -> dict[str, str]:
    """Return what the manifest of a folder, if it has one, says that pictures were made of.

    Returns:
        By the real path of every result, the absolute path of its source.

    Raises:
        UnwritableImage: it cannot be opened.
        DataError: the file there is none of ours, or of another version.

    """
    select = "SELECT output, source FROM pictures"
    rows = read(folder / NAME, lambda database: database.execute(select).fetchall())
    root = os.path.realpath(folder)
    return {os.path.join(root, output): source for output, source in rows or ()}  # noqa: PTH118 - may be many


def _times(job: Job) -> dict[str, int]:
    """When the two files of a picture last changed, as columns."""
    return {
        "source_mtime_ns": job.source.path.stat().st_mtime_ns,
        "output_mtime_ns": job.output.stat().st_mtime_ns,
    }


def _is_current(entry: Entry, job: Job) -> bool:
    """Whether an entry says that all is done and when, so that no content need be compared."""
    recorded = {
        "source_mtime_ns": entry.source and entry.source.mtime_ns,
        "output_mtime_ns": entry.output and entry.output.mtime_ns,
    }
    return entry.state == "done" and recorded == _times(job)
