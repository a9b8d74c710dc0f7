"""Find the objects that a folder of a bucket, or a pattern, gives."""

from __future__ import annotations

import fnmatch
import glob
import os
from collections.abc import Iterator, Sequence
from pathlib import PurePath

from srcli.errors import UnreadableImage
from srcli.files.objects.address import ObjectPath
from srcli.files.objects.client import list_objects


def find_objects(given: ObjectPath) -> Iterator[tuple[tuple[str, str], str]]:
    """Yield what is below a folder, or what a pattern matches, in the order of the keys.

    The bucket is listed in pages, and no more than one of them is in memory. In a pattern, ``*``,
    ``?`` and ``[...]`` stand for parts of one name, and ``**`` for any number of folders.

    Yields:
        The address of the folder of each object, the path of that below the folder that was given
        or below what comes before the first wildcard, and the name of the object.

    Raises:
        UnreadableImage: the bucket cannot be listed, or a key would be no path below a folder of
            this machine.

    """
    folder, wild = _split(given)
    start = len(folder.key) + 1 if folder.key else 0
    places: dict[str, tuple[str, str]] = {}
    for key, _ in list_objects(folder):
        above, _, name = key[start:].rpartition("/")
        if wild and not _matches(key[start:].split("/"), wild):
            continue
        if above not in places:
            places[above] = str(folder / above), _below(above, folder)
        if _is_misread(name):
            raise _no_path(folder / above / name)
        if name:
            yield places[above], name


def _split(given: ObjectPath) -> tuple[ObjectPath, tuple[str, ...]]:
    """Return the folder that a pattern looks in, and its parts from the first wildcard on."""
    plain = len(given.top.parts)
    while plain < len(given.parts) and not glob.has_magic(given.parts[plain]):
        plain += 1
    return ObjectPath(*given.parts[:plain]), given.parts[plain:]


def _matches(parts: Sequence[str], wild: Sequence[str]) -> bool:
    """Tell whether the parts of a key are those that a pattern stands for."""
    if not wild:
        return not parts
    if wild[0] == "**":
        rest = wild[1:] or ("*",)
        return any(_matches(parts[skipped:], rest) for skipped in range(len(parts)))
    return bool(parts) and fnmatch.fnmatchcase(parts[0], wild[0]) and _matches(parts[1:], wild[1:])


def _below(above: str, folder: ObjectPath) -> str:
    """Return part of a key as a path that leads nowhere but down."""
    below = PurePath(above)
    if below.as_posix() != (above or ".") or ".." in below.parts or below.is_absolute():
        raise _no_path(folder / above)
    return str(below)


def _is_misread(name: str) -> bool:
    """Tell whether a system would take a name for something else than the name of a file."""
    return name in {".", ".."} or (os.sep != "/" and any(sign in name for sign in "\\:"))


def _no_path(path: ObjectPath) -> UnreadableImage:
    msg = f"{path} has a key that is no path below a folder."
    return UnreadableImage(msg, hint="Rename the object, or name a folder beside it.")
