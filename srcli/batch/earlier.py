"""Results of earlier runs that lie among the pictures of this one."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from pathlib import Path

from srcli.batch.database import NAME
from srcli.batch.manifest import recorded_results
from srcli.errors import DataError, UnwritableImage
from srcli.images.discover import Source

logger = logging.getLogger(__name__)


def earlier_results(sources: Sequence[Source], folder: Path | None) -> frozenset[str]:
    """Return the real paths of results: of all in ``folder``, and of what was made of ``sources``.

    The manifests that are asked are that of the folder, where the results of this run go, and
    those in the folders that the sources were found in and below.

    Raises:
        UnwritableImage: the manifest of the folder cannot be opened.
        DataError: it is none of ours, or of another version.

    """
    results = set(recorded_results(folder)) if folder is not None else set()
    others = _with_manifest(sources) - {folder}
    given = {str(source.path.absolute()) for source in sources} if others else set()
    for place in others:
        try:
            recorded = recorded_results(place)
        except (DataError, UnwritableImage) as error:
            logger.warning("results of earlier runs are not known: %s", error.message)
            continue
        results |= {output for output, source in recorded.items() if source in given}
    return frozenset(results)


def _with_manifest(sources: Sequence[Source]) -> set[Path]:
    """Return the folders between the sources and where they were looked for that have one."""
    depths = {(source.path.parent, len(source.relative.parts)) for source in sources}
    folders = {place for folder, depth in depths for place in (folder, *folder.parents)[:depth]}
    return {folder for folder in folders if os.path.isfile(folder / NAME)}  # noqa: PTH113 - never raises
