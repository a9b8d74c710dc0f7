"""Real paths of very many files, at less than a look at the disk for each."""

from __future__ import annotations

import os
from array import array
from collections.abc import Iterable, Sequence

from srcli.files.objects.address import is_object

FEW = 32
"""Files of a folder that are looked at one by one; its links are listed if more are asked for."""
_ODD_NAMES = frozenset(("", ".", ".."))
"""What may stand for a name, but leads to a folder."""


class RealPaths:
    """As ``os.path.realpath`` for files of folders; each folder is looked at once."""

    def __init__(self) -> None:
        self._asked: dict[str, int] = {}
        self._listed: dict[str, tuple[str, frozenset[str]]] = {}

    def unlinked(self, folder: str, names: Sequence[str]) -> str | None:
        """Return the real path of a folder if none of its files of these names is a link."""
        if not _ODD_NAMES.isdisjoint(names):
            return None
        if is_object(folder):
            return folder
        if folder not in self._listed and len(names) <= FEW:
            linked = any(os.path.islink(f"{folder}/{name}") for name in names)  # noqa: PTH114 - may be many
            return None if linked else os.path.realpath(folder)
        real, links = self._list(folder)
        return real if links.isdisjoint(names) else None

    def of(self, folder: str, name: str) -> str:
        """Return the real path of the file ``name`` in ``folder``, which need not be there."""
        if is_object(folder):
            return f"{folder}/{name}"
        listed = self._listed.get(folder)
        if listed is None:
            asked = self._asked[folder] = self._asked.get(folder, 0) + 1
            if asked <= FEW:
                return os.path.realpath(f"{folder}/{name}")
            listed = self._list(folder)
        real, links = listed
        if name in links or name in _ODD_NAMES:
            return os.path.realpath(f"{folder}/{name}")
        return f"{real}{name}" if real.endswith(os.sep) else f"{real}{os.sep}{name}"

    def _list(self, folder: str) -> tuple[str, frozenset[str]]:
        listed = self._listed.get(folder)
        if listed is None:
            listed = self._listed[folder] = os.path.realpath(folder), _links(folder)
        return listed


def _links(folder: str) -> frozenset[str]:
    """Return the names in a folder that are not those of files and folders themselves."""
    try:
        with os.scandir(folder) as found:
            names = [
                entry.name
                for entry in found
                if not entry.is_file(follow_symlinks=False)
                and not entry.is_dir(follow_symlinks=False)  # nor is a junction of Windows
            ]
    except OSError:  # it is not there, so neither are links in it
        return frozenset()
    return frozenset(names)


def hashes(texts: Iterable[str]) -> array[int]:
    """Return a hash of each text, 8 bytes each: texts that differ may be equal in it."""
    return array("q", map(hash, texts))


def repeated(numbers: array[int]) -> frozenset[int]:
    """Return the numbers that occur more than once."""
    import numpy as np

    ordered = np.sort(np.frombuffer(numbers, dtype=np.int64)) if numbers else np.empty(0)
    return frozenset(ordered[1:][ordered[1:] == ordered[:-1]].tolist())


def shared(first: array[int], second: array[int]) -> frozenset[int]:
    """Return the numbers that occur in both."""
    import numpy as np

    if not first or not second:
        return frozenset()
    one, other = (np.frombuffer(numbers, dtype=np.int64) for numbers in (first, second))
    return frozenset(np.intersect1d(one, other).tolist())
