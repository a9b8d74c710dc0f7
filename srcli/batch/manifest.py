"""The manifest of a folder of results: what became of each, also after a kill."""

from __future__ import annotations

import os
import sqlite3
import stat
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

from srcli.batch.database import NAME, database_errors, open_database
from srcli.batch.entries import Times, find_done, find_entry, output_key
from srcli.batch.fingerprint import canonical, settings_fingerprint
from srcli.batch.ledger import ClaimResult, Elsewhere, Entry, Made, State, judge
from srcli.batch.locations import is_there, state_of_result
from srcli.batch.naming import Group, Job
from srcli.batch.outcome import Failure, Upscaled
from srcli.batch.place import ResultFolder, identity_of
from srcli.batch.settled import as_recorded
from srcli.errors import OutputLost, listed
from srcli.files.atomic import disk_errors
from srcli.files.locks import RunLock, folder_lock
from srcli.files.objects.address import ObjectPath, full_name, is_object


class Manifest:
    """What became of every picture below one folder.

    Several runs may have it open at once: a picture belongs to the run that claimed it for as
    long as that run lives. Threads may share one object. SQLite needs a file system that locks
    reliably: a local disk, not every network share.
    """

    def __init__(
        self,
        folder: ResultFolder | Path,
        settings: Mapping[str, object],
        *,
        overwrite: bool,
        model: str = "",
        elsewhere: Elsewhere = lambda _: None,
    ) -> None:
        """Open or create the manifest of a folder, and begin a run.

        Args:
            folder: where it lies; a run that opens it more than once gives the same object.
            settings: all that results depend on, beside their sources.
            overwrite: replace results that were made with other settings.
            model: name of the model, which later runs tell of; it does not tell settings apart.
            elsewhere: asked for results that are there but not in this manifest.

        Raises:
            UnwritableFile: the folder does not allow writing.
            DiskFull: the disk is full.
            DataError: the manifest is of a later version.
            OutputLost: the folder was entered before and is not the same any more.

        """
        self._place = folder if isinstance(folder, ResultFolder) else ResultFolder(folder)
        self.folder = self._place.path
        self.fingerprint = settings_fingerprint(settings)
        self.overwrite = overwrite
        self.model = model
        self._began = time.time()
        self._beside: set[str] = set()
        self._elsewhere = elsewhere
        self._path = self.folder / NAME
        self._mutex = threading.Lock()
        with disk_errors(self._path):
            self._place.enter()
            self._run = RunLock(self.folder)
        try:
            self._run.sweep()
            with folder_lock(self.folder, exclusive=True):  # not while others open or read it
                self._database = open_database(self._path)
            self._file = identity_of(self._path)
            content = canonical({**settings, "model": model})
            with self._transaction() as database:
                database.execute(
                    "INSERT OR REPLACE INTO settings VALUES (?, ?)", (self.fingerprint, content)
                )
        except BaseException:
            self._run.release()
            raise

    def claim(self, job: Job) -> ClaimResult:
        """Take a picture for this run; see ``Ledger``."""
        key = output_key(self.folder, job.output)
        remote = isinstance(job.output, ObjectPath) or isinstance(job.source.path, ObjectPath)
        while True:
            with self._transaction() as database:
                entry = find_entry(database, key)
                if entry and self._is_busy(entry):
                    return ClaimResult.BUSY
                if entry and remote and self._was_made_beside(entry):
                    return ClaimResult.DONE
                if not remote:
                    return self._settle(database, job, entry, self._examine(entry, job))
            examined = self._examine(entry, job)  # nobody else waits while a store is asked
            with self._transaction() as database:
                if find_entry(database, key) == entry:
                    return self._settle(database, job, entry, examined)

    def _examine(self, entry: Entry | None, job: Job) -> tuple[ClaimResult, Entry | None]:
        """Look at what is there; return what to do, and what is known of the result."""
        if not is_there(job.output):
            return ClaimResult.REPLACE if self.overwrite else ClaimResult.MAKE, entry
        known = entry
        if not (entry and entry.describes(job.output)):
            known = self._elsewhere(job.output)
        overwrite, model = self.overwrite, self.model
        return judge(known, job, self.fingerprint, overwrite=overwrite, model=model), known

    def _settle(
        self,
        database: sqlite3.Connection,
        job: Job,
        entry: Entry | None,
        examined: tuple[ClaimResult, Entry | None],
    ) -> ClaimResult:
        """Write down what ``_examine`` found."""
        claimed, known = examined
        if claimed is not ClaimResult.DONE:
            self._put(database, job, "claimed")
        elif known:
            with suppress(OSError):  # gone since it was looked at
                if known is not entry or not _is_current(known, job):
                    self._put(database, job, "done", **(_files(known) | _times(job)))
        return claimed

    def finished(self, groups: Sequence[Group]) -> list[frozenset[int]]:
        """Look at the two files of each, and at what was written down; see ``Ledger``."""
        keys = [self._keys(group) for group in groups]
        remote = [is_object(group.folder) or is_object(group.output) for group in groups]
        with self._transaction() as database:
            known = find_done(database, self.fingerprint, [key for some in keys for key in some])
            entries = [
                {n: entry for n, key in enumerate(some) if (entry := find_entry(database, key))}
                if far
                else {}
                for some, far in zip(keys, remote, strict=True)
            ]
        return [
            as_recorded(found, group, self.fingerprint)
            if far
            else frozenset(
                [
                    number
                    for number, times in enumerate(map(known.get, some))
                    if times and _are_as_recorded(times, group, number)
                ]
            )
            for some, group, found, far in zip(keys, groups, entries, remote, strict=True)
        ]

    def _keys(self, group: Group) -> list[bytes]:
        """Return the relative paths that results go by, as ``output_key``."""
        below = group.output
        if not is_object(below):
            below = os.path.relpath(group.output, self.folder)
        names = os.fsencode("\0".join(group.outputs)).split(b"\0")
        if below == os.curdir:
            return names
        start = os.fsencode(f"{below}{os.sep}")
        return [start + name for name in names]

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
                message=_told(outcome) or None,
            )

    def done(self, job: Job) -> None:
        """Note that the output is in its place; see ``Ledger``."""
        written = state_of_result(job.output)
        with self._transaction() as database:
            self._put(database, job, "done", **written)

    def skipped(self, job: Job, reason: str) -> None:
        """Note that there is nothing to make; see ``Ledger``."""
        with self._transaction() as database:
            self._put(database, job, "skipped", message=reason)

    def failed(self, job: Job, error: Failure) -> None:
        """Note why there is no output; see ``Ledger``."""
        with self._transaction() as database:
            self._put(database, job, "failed", message=error.message)

    def forget(self, *, keep: int) -> None:
        """Forget all results but those that were written down last."""
        last = "SELECT rowid FROM pictures ORDER BY updated DESC LIMIT ?"
        with self._transaction() as database:
            database.execute(f"DELETE FROM pictures WHERE rowid NOT IN ({last})", (keep,))  # noqa: S608 - no value of others

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
        begun = entry.state in {"claimed", "writing"} and entry.owner != self._run.token
        if begun and self._run.is_alive(entry.owner):
            self._beside.add(entry.owner)
            return True
        return False

    def _was_made_beside(self, entry: Entry) -> bool:
        """Tell whether another run has made it since this one began, so that no store is asked.

        A run that comes behind would ask about each result that the one in front made, and would
        be as slow as that, so that it never met a picture that is left.
        """
        fresh = entry.state == "done" and entry.updated >= self._began
        if not fresh or entry.fingerprint != self.fingerprint or entry.owner == self._run.token:
            return False
        return entry.owner in self._beside or self._run.is_alive(entry.owner)

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """One at a time, in this process and all others: reads hold for the writes after them.

        Raises:
            OutputLost: the folder or the manifest is not the one that was opened; nothing that
                was written down in it would be found again.

        """
        with self._mutex, database_errors(self._path), self._kept():
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield self._database
            except BaseException:
                with suppress(sqlite3.Error):  # the first failure is the one to tell
                    self._database.execute("ROLLBACK")
                raise
            self._database.execute("COMMIT")

    @contextmanager
    def _kept(self) -> Iterator[None]:
        """Check that the manifest still is in its place, also where writing to it failed."""
        self._check_place()
        try:
            yield
        except sqlite3.Error:
            self._check_place()
            raise

    def _check_place(self) -> None:
        self._place.check()
        if identity_of(self._path) != self._file:
            msg = f"{self._path} was removed or replaced while it was in use."
            raise OutputLost(msg, hint="Run the same command again.")

    def _put(
        self,
        database: sqlite3.Connection,
        job: Job,
        state: State,
        **columns: float | str | None,
    ) -> None:
        """Set the state and some columns of a picture, which is new or known."""
        values = {
            "source": os.fsencode(full_name(job.source.path)),
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


def _files(entry: Entry) -> dict[str, int | str | None]:
    """Return the states of the two files of an entry, as columns."""
    columns: dict[str, int | str | None] = {}
    for name, state in (("source", entry.source), ("output", entry.output)):
        if state:
            columns |= {f"{name}_bytes": state.size, f"{name}_sha256": state.sha256}
    return columns


def _are_as_recorded(times: Times, group: Group, number: int) -> bool:
    """Tell whether neither file of a result changed, by their sizes and times alone."""
    try:
        source = os.stat(f"{group.folder}/{group.names[number]}")  # noqa: PTH116 - may be a million
        output = os.stat(f"{group.output}/{group.outputs[number]}")  # noqa: PTH116 - may be a million
    except (OSError, ValueError):
        return False
    found = source.st_size, source.st_mtime_ns, output.st_size, output.st_mtime_ns
    return found == times and stat.S_ISREG(source.st_mode) and stat.S_ISREG(output.st_mode)


def _told(outcome: Upscaled) -> str:
    """Say how a result was made and with whose models, and what it and its source lack."""
    choice = outcome.choice
    chosen = f"{choice.summary}." if choice and choice.reason else ""
    made = [f"Made with {line}." for line in outcome.attributions]
    left = f"Left behind: {listed(outcome.left_behind)}." if outcome.left_behind else ""
    copied = "Copied." if outcome.copied else ""
    return listed(filter(None, (chosen, *made, *outcome.warnings, left, copied)), between=" ")


def _times(job: Job) -> dict[str, int]:
    """When the two files of a picture last changed, as columns; of objects no time is kept."""
    files = {"source_mtime_ns": job.source.path, "output_mtime_ns": job.output}
    return {name: file.stat().st_mtime_ns for name, file in files.items() if isinstance(file, Path)}


def _is_current(entry: Entry, job: Job) -> bool:
    """Tell whether an entry says that all is done and when, so that no content need be compared."""
    recorded = {
        "source_mtime_ns": entry.source and entry.source.mtime_ns,
        "output_mtime_ns": entry.output and entry.output.mtime_ns,
    }
    return entry.state == "done" and recorded | _times(job) == recorded
