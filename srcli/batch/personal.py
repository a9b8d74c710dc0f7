"""The user's own record of results that do not go into a folder with a manifest.

A single result leaves nothing beside itself. That it was made, of what and with which settings is
written to a manifest in the tool's own folder, so that the same command is a skip the next time
and another one can say what is there.
"""

from __future__ import annotations

import os
from collections.abc import Container, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Self

from srcli.batch.database import NAME, read
from srcli.batch.entries import all_entries, output_key
from srcli.batch.ledger import ClaimResult, Entry, Made, NoLedger
from srcli.batch.manifest import Manifest
from srcli.batch.naming import Group, Job
from srcli.batch.object_notes import noted_result
from srcli.batch.outcome import FAILURES, Failure
from srcli.batch.recorded import recorded_results
from srcli.errors import (
    AlreadyExists,
    DataError,
    ResourceError,
    SrcliError,
    UnwritableFile,
    UsageError,
)
from srcli.files.objects.address import Location, ObjectPath
from srcli.weights.providers.cache import cache_folder

MOST = 10_000
"""Results that are remembered; those that were made first are forgotten."""


def personal_folder() -> Path | None:
    """Return the folder of the user's record, which need not exist; None if there can be none."""
    try:
        return Path(os.path.realpath(cache_folder() / "results"))
    except UsageError:
        return None


class PersonalRecord:
    """What the user's record says of results; it is read once, when it is first asked."""

    def find(self, output: Location) -> Entry | None:
        """Return what is known of one of the results."""
        return self._entries.get(output_key(self._folder, output)) if self._folder else None

    def by_path(self) -> Mapping[str, Entry]:
        """Return all that is known, by the absolute paths of the results."""
        folder = self._folder
        return {
            os.path.normpath(os.path.join(folder or "", os.fsdecode(key))): entry  # noqa: PTH118 - parts with ".." are to go
            for key, entry in self._entries.items()
        }

    @cached_property
    def _folder(self) -> Path | None:
        return personal_folder()

    @cached_property
    def _entries(self) -> Mapping[bytes, Entry]:
        folder = self._folder
        if folder is None:
            return {}
        with suppress(SrcliError):  # a record that cannot be read is none
            return read(folder / NAME, all_entries) or {}
        return {}


class FolderRecords:
    """What manifests in or above the folders of results say; each is read once."""

    def __init__(self) -> None:
        self._known: dict[Path, Mapping[str, Entry]] = {}

    def find(self, output: Location) -> Entry | None:
        """Return what the nearest manifest in or above its folder knows of a result.

        An object says itself what it is.
        """
        if isinstance(output, ObjectPath):
            return noted_result(output)
        parent = Path(os.path.realpath(output.parent))
        for folder in (parent, *parent.parents):
            if os.path.lexists(folder / NAME):
                return self._entries(folder).get(str(parent / output.name))
        return None

    def _entries(self, folder: Path) -> Mapping[str, Entry]:
        if folder not in self._known:
            self._known[folder] = {}
            with suppress(SrcliError):  # it is only asked; its own run says what is wrong with it
                self._known[folder] = recorded_results(folder)
        return self._known[folder]


class PersonalLedger:
    """A ledger that writes to the user's record, and does without where that cannot be."""

    def __init__(
        self, folder: Path, settings: Mapping[str, object], *, overwrite: bool, model: str
    ) -> None:
        self._fallback = NoLedger(overwrite=overwrite)
        self._manifest: Manifest | None = None
        with suppress(DataError, *FAILURES):
            self._manifest = Manifest(
                folder,
                settings,
                overwrite=overwrite,
                model=model,
                elsewhere=FolderRecords().find,
            )
            self._manifest.forget(keep=MOST)

    def claim(self, job: Job) -> ClaimResult:
        """Take a picture for this run; see ``Ledger``."""
        if self._manifest:
            try:
                return self._manifest.claim(job)
            except AlreadyExists:
                raise
            except (DataError, ResourceError, UnwritableFile):
                pass
        return self._fallback.claim(job)

    def finished(self, groups: Sequence[Group]) -> Sequence[Container[int]]:
        """Look into the record; see ``Ledger``."""
        if self._manifest:
            with suppress(DataError, ResourceError, UnwritableFile):
                return self._manifest.finished(groups)
        return self._fallback.finished(groups)

    def writing(self, job: Job, made: Made) -> None:
        """Note what is about to be written; see ``Ledger``."""
        if self._manifest:
            with suppress(DataError, *FAILURES):
                self._manifest.writing(job, made)

    def done(self, job: Job) -> None:
        """Note that the output is in its place; see ``Ledger``."""
        if self._manifest:
            with suppress(DataError, *FAILURES):
                self._manifest.done(job)

    def skipped(self, job: Job, reason: str) -> None:
        """Note that there is nothing to make; see ``Ledger``."""
        if self._manifest:
            with suppress(DataError, *FAILURES):
                self._manifest.skipped(job, reason)

    def failed(self, job: Job, error: Failure) -> None:
        """Note why there is no output; see ``Ledger``."""
        if self._manifest:
            with suppress(DataError, *FAILURES):
                self._manifest.failed(job, error)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._manifest:
            self._manifest.close()
