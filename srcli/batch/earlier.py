"""Results of earlier runs that lie among the pictures of this one."""

from __future__ import annotations

import logging
import math
import os
from collections.abc import Container, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from srcli.batch.database import NAME
from srcli.batch.ledger import Entry
from srcli.batch.naming import template_pattern
from srcli.batch.personal import PersonalRecord
from srcli.batch.recorded import recorded_results
from srcli.engine.memory import check_fits
from srcli.errors import DataError, ForeignManifest, ImageError, OutOfMemory, UnwritableFile
from srcli.files.real_paths import RealPaths
from srcli.images.decode import decode_picture
from srcli.images.found import FoundFiles, InputFile, split_name
from srcli.images.picture.animation import photos
from srcli.images.probe import probe_image, read_content
from srcli.pipeline.consistency import SMALLEST, consistency
from srcli.pipeline.target_size import Size

logger = logging.getLogger(__name__)
BYTES_PER_PIXEL = 40
"""Memory that comparing two pictures takes, a pixel of both: float32 samples and decoding."""


def earlier_results(
    sources: Sequence[InputFile], folder: Path | None, *, templates: Sequence[str]
) -> frozenset[Path]:
    """Return which of the sources are results of earlier runs.

    These are, as long as they are as they were made: what the manifest of ``folder`` knows, where
    the results of this run go; what was made of other sources, by the manifests in the folders
    that the sources were found in and below, or by the user's own record. Where nothing is
    recorded, it is what has both the name of a result of another source and its content.

    Args:
        sources: the pictures found.
        folder: where the results of this run go; None if not below one folder.
        templates: of the names that results may have.

    Raises:
        UnwritableFile: the manifest of the folder cannot be opened.
        DataError: it is of a later version.

    """
    found = sources if isinstance(sources, FoundFiles) else FoundFiles(sources)
    results = set(_by_record(found, folder))
    results.update(_by_content(found, results, templates))
    return frozenset(results)


def _by_record(sources: FoundFiles, folder: Path | None) -> Iterator[Path]:
    """Yield the sources that a manifest or the user's own record knows for results."""
    entries = [*_by_manifests(sources, folder), *_by_own_record(sources)]
    for file, entry in entries:
        if entry.output and entry.output.still_holds(file):
            yield file


def _by_manifests(sources: FoundFiles, folder: Path | None) -> Iterator[tuple[Path, Entry]]:
    recorded = _recorded(sources, folder)
    paths = RealPaths()
    for (place, _), name in sources.named() if recorded else ():
        entry = recorded.get(paths.of(place, name))
        if entry:
            yield Path(place, name), entry


def _by_own_record(sources: FoundFiles) -> Iterator[tuple[Path, Entry]]:
    personal = PersonalRecord().by_path()
    folders = {os.path.dirname(path) for path in personal}  # noqa: PTH120 - may be many
    found: list[tuple[Path, Entry]] = []
    for (place, _), names in sources.groups():
        folder = os.path.abspath(place)  # noqa: PTH100 - parts with ".." are to go
        if folder in folders:
            known = ((name, personal.get(os.path.join(folder, name))) for name in names)  # noqa: PTH118 - may be many
            found += ((Path(place, name), entry) for name, entry in known if entry)
    given = _among(sources, {entry.source_path for _, entry in found})
    yield from (one for one in found if one[1].source_path in given)


def _recorded(sources: FoundFiles, folder: Path | None) -> Mapping[str, Entry]:
    """Return what manifests know, by real path: of all in ``folder``, and of what is of sources."""
    real = {os.path.realpath(place) for place, _ in sources.places}
    among = _Below(real)
    own = os.path.realpath(folder) if folder else None
    found: dict[str, Entry] = {}
    known: dict[str, Entry] = {}
    for place in _with_manifest(sources):
        if os.path.realpath(place) != own:
            known |= _ask(place, among)
    if known:
        given = _among(sources, {entry.source_path for entry in known.values()})
        found |= {path: entry for path, entry in known.items() if entry.source_path in given}
    if folder and own and any(_is_in(own, place) for place in real):
        with suppress(ForeignManifest):  # whoever opens it to write says so
            found |= recorded_results(folder, among)
    return found


def _among(sources: FoundFiles, paths: set[str]) -> set[str]:
    """Return which absolute paths are those of sources."""
    if not paths:
        return paths
    absolute = {place: Path(place).absolute() for place, _ in sources.places}
    return {
        path
        for (place, _), name in sources.named()
        if (path := str(absolute[place] / name)) in paths
    }


def _is_in(folder: str, path: str) -> bool:
    """Tell whether a real path is that of a folder or leads below it."""
    return path == folder or path.startswith(f"{folder.rstrip(os.sep)}{os.sep}")


class _Below:
    """The files of some folders, as what can be asked whether it holds a path."""

    def __init__(self, folders: set[str]) -> None:
        self._folders = folders

    def __contains__(self, path: object) -> bool:
        return isinstance(path, str) and os.path.dirname(path) in self._folders  # noqa: PTH120 - may be many


def _ask(place: Path, among: Container[str]) -> Mapping[str, Entry]:
    """Return what a manifest knows that is only read; one that cannot be read knows nothing."""
    try:
        return recorded_results(place, among)
    except (DataError, UnwritableFile) as error:
        logger.warning("Results of earlier runs are not known. %s", error.message)
        return {}


def _with_manifest(sources: FoundFiles) -> set[Path]:
    """Return the folders between the sources and where they were looked for that have one."""
    depths = {(Path(place), len(Path(below).parts) + 1) for place, below in sources.places}
    folders = {place for folder, depth in depths for place in (folder, *folder.parents)[:depth]}
    return {folder for folder in folders if os.path.lexists(folder / NAME)}


def _by_content(sources: FoundFiles, known: set[Path], templates: Sequence[str]) -> Iterator[Path]:
    """Yield the sources of which nothing is recorded, but that look as if made of others."""
    patterns = [pattern for template in templates if (pattern := template_pattern(template))]
    suspects: dict[Path, set[Path]] = {}
    for (place, _), name in sources.named():
        stem, _suffix = split_name(name)
        matches = [match for pattern in patterns if (match := pattern.fullmatch(stem))]
        if matches:
            names = {Path(place, match["stem"]) for match in matches}
            suspects.setdefault(Path(place, name), set()).update(names)
    stems: dict[Path, set[Path]] = {name: set() for names in suspects.values() for name in names}
    for (place, _), name in sources.named() if stems else ():
        original = Path(place, split_name(name)[0])
        if original in stems:
            stems[original].add(Path(place, name))
    for path, names in suspects.items():
        originals = {original for name in names for original in stems[name]}
        if path not in known and any(_looks_made_of(path, original) for original in originals):
            logger.warning("%s is left out, because it looks like an earlier result.", path)
            yield path


def _looks_made_of(result: Path, original: Path) -> bool:
    try:
        states = [
            (path, path.stat().st_size, path.stat().st_mtime_ns) for path in (result, original)
        ]
        return _gives_back(*states)
    except (OSError, ImageError, OutOfMemory):
        return False


@lru_cache(maxsize=4096)
def _gives_back(result: tuple[Path, int, int], original: tuple[Path, int, int]) -> bool:
    """Tell whether a file is another one, enlarged: ``Consistency`` decides.

    Raises:
        ImageError: one of them cannot be read.
        OutOfMemory: both together do not fit.

    """
    files = {path: read_content(path)[0] for path, _, _ in (result, original)}
    heads = {path: probe_image(content, name=str(path)) for path, content in files.items()}
    large, small = heads[result[0]].size, heads[original[0]].size
    if not _is_enlarged(small, large):
        return False
    check_fits(large, BYTES_PER_PIXEL * (math.prod(large) + math.prod(small)))
    before, after = (
        next(photos(decode_picture(files[path], name=str(path)))).pixels
        for path in (original[0], result[0])
    )
    found = consistency(before, after)
    return found is not None and found.sound


def _is_enlarged(small: Size, large: Size) -> bool:
    """Tell whether ``large`` has the proportions of ``small`` and is larger along both axes."""
    if math.prod(small) < SMALLEST or large[0] <= small[0] or large[1] <= small[1]:
        return False
    return abs(large[0] * small[1] - large[1] * small[0]) <= max(small)
