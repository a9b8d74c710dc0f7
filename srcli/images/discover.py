"""Find the pictures that a user's arguments mean."""

from __future__ import annotations

import fnmatch
import glob
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path, PurePath
from typing import Literal, NoReturn

from srcli.errors import NoPictures, UnreadableImage, UsageError
from srcli.files.objects.address import Location, ObjectPath, located, location_of
from srcli.files.objects.listing import find_objects
from srcli.files.real_paths import RealPaths, hashes, repeated
from srcli.images.formats import UNREAD, by_suffix, is_readable, readable_names, remedies
from srcli.images.found import FoundFiles, Place, split_name

OnUnread = Callable[[Location], None]
_OF_SYSTEMS = frozenset(
    ("@eadir", "__macosx", "thumbs.db", "desktop.ini", "$recycle.bin", "#recycle", "lost+found")
)
"""Names, in lower case, that systems give to what they keep beside a user's files."""


Fate = Literal["read", "unread", "ignored"]


def ignore(_: Location) -> None:
    """Pass over a picture that is not read."""


def find_sources(
    inputs: Sequence[str], *, allow_none: bool = False, on_unread: OnUnread = ignore
) -> FoundFiles:
    """Turn files, folders and glob patterns into pictures, in that order, each one once.

    A file is taken whatever its name, and even if it is missing, so that reading it can say
    so. A folder gives the files below it that have a picture's suffix, sorted; hidden files
    and folders are left out. A pattern (``*``, ``?``, ``[...]``, and ``**`` for any depth) that
    is no file's name gives the pictures it matches, below the part of it that is there under
    this very name, brackets included. Neither follows links to folders, except those that are
    named: the folder itself, and what comes before the first wildcard. What systems keep beside
    a user's files, such as ``@eaDir`` and ``__MACOSX``, is hidden as well.

    Args:
        inputs: files, folders and patterns.
        allow_none: a folder or pattern may give no picture.
        on_unread: told of every picture among the files that has a format that is not read.

    Raises:
        NoPictures: if a folder or pattern gives no picture and that is not allowed.
        UsageError: if nothing was given.
        UnreadableImage: if a folder may not be listed.

    """
    if not inputs:
        message = "No pictures were given."
        raise UsageError(message, hint="Name a picture or a folder.")
    found = FoundFiles()
    for given in inputs:
        unread: list[Location] = []
        before = len(found)
        for place, names in _expand(given, _Reads(unread.append)):
            found.add(place, *names)
        if len(found) == before and not allow_none:
            message = f"{given} holds no pictures."
            hint = remedies(unread)
            if unread and not hint:
                hint = f"The formats read are {readable_names()}."
            raise NoPictures(message, hint=hint)
        for path in unread:
            on_unread(path)
    return _each_once(found)


def _each_once(found: FoundFiles) -> FoundFiles:
    """Leave out files that came before, be it by another name or link."""
    paths = RealPaths()
    folders = [
        paths.unlinked(folder, names) if len(set(names)) == len(names) else None
        for (folder, _), names in found.groups()
    ]
    if None not in folders and len(set(folders)) == len(folders):
        return found

    def real() -> Iterator[str]:
        return (paths.of(folder, name) for (folder, _), name in found.named())

    suspects = repeated(hashes(real()))
    if not suspects:
        return found
    seen: set[str] = set()
    kept = []
    for number, path in enumerate(real()):
        if hash(path) in suspects:
            if path in seen:
                continue
            seen.add(path)
        kept.append(number)
    return found.take(kept)


def _expand(given: str, reads: _Reads) -> Iterator[tuple[Place, Sequence[str]]]:
    path = located(given)
    if isinstance(path, ObjectPath):
        yield from _objects(path, given, reads)
    elif path.is_dir():
        yield from _walk(path, reads)
    elif glob.has_magic(given) and not os.path.lexists(given):
        yield from _match(given, reads)
    else:
        yield (str(path.parent), "."), (path.name,)


def _objects(path: ObjectPath, given: str, reads: _Reads) -> Iterator[tuple[Place, Sequence[str]]]:
    """Yield the object of that address if it can be the name of a picture, else what is below."""
    known = by_suffix(path) or path.suffix.lower() in UNREAD
    if known and not given.endswith("/") and not glob.has_magic(given):
        yield (str(path.parent), "."), (path.name,)
        return
    hidden: dict[str, bool] = {}
    for (folder, below), name in find_objects(path):
        if below not in hidden:
            hidden[below] = any(map(_is_hidden, PurePath(below).parts))
        if not hidden[below] and not _is_hidden(name) and reads(name, folder):
            yield (folder, below), (name,)


def _walk(root: Path, reads: _Reads) -> Iterator[tuple[Place, Sequence[str]]]:
    for folder, below, names in os.walk(root, onerror=_refuse_folder):
        below[:] = sorted(name for name in below if not _is_hidden(name))
        names.sort()
        place = str(Path(folder)), str(Path(folder).relative_to(root))
        read = [name for name in names if not _is_hidden(name) and reads(name, folder)]
        if read:
            yield place, read


def _match(pattern: str, reads: _Reads) -> Iterator[tuple[Place, Sequence[str]]]:
    fixed, wild = _split(pattern)
    for path in sorted(set(_fill(fixed, wild))):
        if not path.is_dir() and reads(path.name, str(path.parent)):
            yield (str(path.parent), str(path.parent.relative_to(fixed))), (path.name,)


def _split(pattern: str) -> tuple[Path, tuple[str, ...]]:
    """Return the part of a pattern that is there under this very name, and the rest of it."""
    parts = Path(pattern).parts
    count = 0
    while count < len(parts) and os.path.lexists(Path(*parts[: count + 1])):
        count += 1
    return Path(*parts[:count]), parts[count:]


def _fill(folder: Path, parts: tuple[str, ...]) -> Iterator[Path]:
    """Yield what the parts of a pattern match below a folder; links to folders match nothing.

    ``**`` is any number of folders. Names that begin with a dot match only parts that do.
    """
    first, *rest = parts
    if first == "**":
        yield from _fill(folder, tuple(rest) or ("*",))
        for below in _matching(folder, "*"):
            if _is_own_folder(below):
                yield from _fill(below, parts)
    elif not rest:
        yield from _matching(folder, first)
    else:
        for below in _matching(folder, first):
            if _is_own_folder(below):
                yield from _fill(below, tuple(rest))


def _matching(folder: Path, part: str) -> list[Path]:
    """Return what one part of a pattern matches in a folder; nothing where it is not listed."""
    if not glob.has_magic(part):
        path = folder / part
        return [path] if os.path.lexists(path) else []
    try:
        names = os.listdir(folder)  # noqa: PTH208 - names are all that is asked for
    except OSError:
        return []
    return [
        folder / name
        for name in fnmatch.filter(names, part)
        if not _is_hidden(name) or _is_hidden(part)
    ]


def _is_own_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


class _Reads:
    """Tells which names are read, and passes on pictures that are not; suffixes are few."""

    def __init__(self, on_unread: OnUnread) -> None:
        self._on_unread = on_unread
        self._fates: dict[str, Fate] = {}

    def __call__(self, name: str, folder: str) -> bool:
        suffix = split_name(name)[1]
        fate = self._fates.get(suffix) or self._fates.setdefault(suffix, _fate_of(suffix))
        if fate == "unread":
            self._on_unread(location_of(folder, name))
        return fate == "read"


def _fate_of(suffix: str) -> Fate:
    name = PurePath(f"name{suffix}")
    if is_readable(name):
        return "read"
    return "unread" if suffix.lower() in UNREAD or by_suffix(name) else "ignored"


def _is_hidden(name: str) -> bool:
    return name.startswith(".") or name.lower() in _OF_SYSTEMS


def _refuse_folder(error: OSError) -> NoReturn:
    message = f"{error.filename} cannot be listed: {(error.strerror or str(error)).lower()}."
    raise UnreadableImage(message) from error
