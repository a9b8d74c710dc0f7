"""Find the results that are still as the manifest recorded them, many at once."""

from __future__ import annotations

import os
import posixpath
import stat
from collections.abc import Collection, Iterator, Mapping
from itertools import islice

from srcli.batch.fingerprint import FileState
from srcli.batch.ledger import Entry
from srcli.batch.naming import Group
from srcli.files.objects.address import ObjectPath, is_object
from srcli.files.objects.client import PAGE, ObjectState, list_objects

SPARSE = 10
"""Keys that are listed, at most, for each that is asked for; the others are asked for alone."""


class Listing:
    """What is below a folder of a bucket, found with one pass over its pages."""

    def __init__(self, folder: ObjectPath) -> None:
        self._start = os.fsencode(f"{folder.top}/")
        self._listed = list_objects(folder)
        self._next = next(self._listed, None)

    def find(self, path: ObjectPath) -> ObjectState | None:
        """Return the state of an object, None if there is none; ask in the order of their names.

        Raises:
            UnreadableImage: the bucket cannot be listed.

        """
        wanted = os.fsencode(str(path)).removeprefix(self._start)
        while self._next and self._next[0].encode() < wanted:
            self._next = next(self._listed, None)
        if self._next and self._next[0].encode() == wanted:
            return self._next[1]
        return None


def as_recorded(entries: Mapping[int, Entry], group: Group, fingerprint: str) -> frozenset[int]:
    """Return the numbers of the results that are done and of which neither file changed.

    Of files sizes and times are compared, of objects sizes and ETags. A store is asked for pages
    of its listing, not for each object.

    Args:
        entries: what was written down, by the numbers of their names in the group.
        group: the names of the pictures and of their results.
        fingerprint: of the settings asked for.

    Raises:
        UnreadableImage: a bucket cannot be listed.

    """
    done = {
        number: (
            (entry.source, f"{group.folder}/{group.names[number]}"),
            (entry.output, f"{group.output}/{group.outputs[number]}"),
        )
        for number, entry in entries.items()
        if entry.state == "done" and entry.fingerprint == fingerprint
    }
    listed: dict[str, ObjectState] = {}
    for paths in zip(*([path for _, path in files] for files in done.values()), strict=True):
        if is_object(paths[0]):  # sources and results may lie far apart in one bucket
            listed |= _listed(paths)
    return frozenset(
        number
        for number, files in done.items()
        if all(state and _is_same(state, path, listed) for state, path in files)
    )


def _is_same(state: FileState, path: str, listed: Mapping[str, ObjectState]) -> bool:
    if is_object(path):
        seen = listed.get(path)
        return seen is not None and (seen.size, seen.version) == (state.size, state.sha256)
    try:
        found = os.stat(path)  # noqa: PTH116 - may be a million
    except (OSError, ValueError):
        return False
    same = (state.size, state.mtime_ns) == (found.st_size, found.st_mtime_ns)
    return same and stat.S_ISREG(found.st_mode)


def _listed(addresses: Collection[str]) -> dict[str, ObjectState]:
    """Return the states of objects, of those that lie close together in their bucket."""
    found: dict[str, ObjectState] = {}
    buckets: dict[str, set[str]] = {}
    for address in addresses:
        scheme, bucket, key = _parts(address)
        buckets.setdefault(f"{scheme}//{bucket}", set()).add(key)
    for bucket, keys in buckets.items():
        most = SPARSE * len(keys) + PAGE
        for key, seen in islice(_between(ObjectPath(bucket), keys), most):
            if key in keys:
                found[f"{bucket}/{key}"] = seen
    return found


def _parts(address: str) -> tuple[str, str, str]:
    scheme, _, bucket, key = address.split("/", 3)
    return scheme, bucket, key


def _between(bucket: ObjectPath, keys: Collection[str]) -> Iterator[tuple[str, ObjectState]]:
    """Yield what is listed from the first of the keys to the last."""
    first, last = min(keys), max(keys)
    folder = bucket / posixpath.commonpath([posixpath.dirname(key) for key in keys])
    for key, seen in list_objects(folder, after=first[:-1]):
        if key > last:
            return
        yield key, seen
