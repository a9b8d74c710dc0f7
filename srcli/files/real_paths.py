"""Real paths of very many files, at less than a look at the disk for each."""

from __future__ import annotations

import os
from array import array
from collections.abc import Iterable

FEW = 32
"""Files of a folder that are looked at one by one; its links are listed if more are asked for."""


class RealPaths:
    """As ``os.path.realpath`` for files of folders; each folder is looked at once."""

    def __init__(self) -> None:
        self._asked: dict[str, int] = {}
        self._listed: dict[str, tuple[str, frozenset[str]]] = {}

    def of(self, folder: str, name: str) -> str:
        """Return the real path of the file ``name`` in ``folder``, which need not be there."""
        listed = self._listed.get(folder)
        if listed is None:
            asked = self._asked[folder] = self._asked.get(folder, 0) + 1
            if asked <= FEW:
                return os.path.realpath(f"{folder}/{name}")
            listed = self._listed[folder] = os.path.realpath(folder), _links(folder)
        real, links = listed
        if name in links or name in {"", ".", ".."}:
            return os.path.realpath(f"{folder}/{name}")
        return f"{real}{name}" if real.endswith(os.sep) else f"{real}{os.sep}{name}"


def _links(folder: str) -> frozenset[str]:
    try:
        with os.scandir(folder) as found:
            return frozenset(entry.name for entry in found if not _is_plain(entry))
    except OSError:  # it is not there, so neither are links in it
        return frozenset()


def _is_plain(entry: os.DirEntry[str]) -> bool:
    """Tell whether a name is that of a file or folder itself; junctions of Windows are not."""
    return entry.is_file(follow_symlinks=False) or entry.is_dir(follow_symlinks=False)


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
