"""What a manifest says, without a run and without changing anything."""

from __future__ import annotations

import logging
import os
from collections.abc import Container, Mapping
from pathlib import Path
from typing import Self

from srcli.batch.database import NAME, read
from srcli.batch.entries import all_entries, output_key
from srcli.batch.fingerprint import settings_fingerprint
from srcli.batch.ledger import ClaimResult, Elsewhere, Entry, NoLedger, judge
from srcli.batch.locations import is_there
from srcli.batch.naming import Job
from srcli.errors import ForeignManifest

logger = logging.getLogger(__name__)


class ManifestView(NoLedger):
    """What a manifest says, without a run and without changing anything."""

    def __init__(
        self,
        folder: Path,
        settings: Mapping[str, object],
        *,
        overwrite: bool,
        model: str = "",
        elsewhere: Elsewhere = lambda _: None,
    ) -> None:
        """Read the manifest of ``folder``, if it has one; for the arguments see ``Manifest``.

        Raises:
            UnwritableFile: it cannot be opened.
            DataError: it is of a later version.

        """
        super().__init__(overwrite=overwrite)
        self.folder = folder
        self.fingerprint = settings_fingerprint(settings)
        self.model = model
        self._elsewhere = elsewhere
        try:
            self._entries = read(folder / NAME, all_entries) or {}
        except ForeignManifest as error:
            logger.warning("%s A run would move it aside and begin a new one.", error.message)
            self._entries = {}

    def claim(self, job: Job) -> ClaimResult:
        """Return what a run would do about a picture; see ``Ledger``."""
        entry = self._entries.get(output_key(self.folder, job.output))
        if is_there(job.output) and not (entry and entry.describes(job.output)):
            entry = self._elsewhere(job.output)
        return judge(entry, job, self.fingerprint, overwrite=self.overwrite, model=self.model)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Do nothing, as no file is open."""


def recorded_results(folder: Path, among: Container[str] | None = None) -> dict[str, Entry]:
    """Return what the manifest of a folder, if it has one, says of the results below it.

    Args:
        folder: where it lies.
        among: real paths of the files that matter; None for all.

    Returns:
        By the real path of every result, what is known of it.

    Raises:
        UnwritableFile: it cannot be opened.
        ForeignManifest: it is none of ours, or is damaged.
        DataError: it is of a later version.

    """
    root = os.path.realpath(folder)

    def wanted(output: str) -> bool:
        outside = output.startswith(("/", "../"))
        return not outside and (among is None or os.path.join(root, output) in among)  # noqa: PTH118 - may be many

    found = read(folder / NAME, lambda database: all_entries(database, wanted)) or {}
    return {os.path.join(root, os.fsdecode(key)): entry for key, entry in found.items()}  # noqa: PTH118 - may be many
