"""What is done alike with files and with objects: look, read and write."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping

from srcli.batch.fingerprint import FileState
from srcli.errors import AlreadyExists, UnwritableImage
from srcli.files.atomic import disk_errors, refuse_existing, write_by
from srcli.files.content import Content
from srcli.files.locks import folder_lock
from srcli.files.objects.address import Location, ObjectPath
from srcli.files.objects.client import ObjectState, look_at, put_object, read_object
from srcli.images.probe import read_content


def is_there(location: Location) -> bool:
    """Tell whether a name is taken, be it by a dangling link.

    Raises:
        UnreadableImage: it is that of an object, and its store does not tell.

    """
    if isinstance(location, ObjectPath):
        return look_at(location) is not None
    return os.path.lexists(location)


def read_source(location: Location) -> tuple[bytes, FileState]:
    """Return the content of a picture, only its head if it is none, and its state as it was read.

    Raises:
        UnreadableImage: it is missing or forbidden, or its store does not answer.

    """
    if isinstance(location, ObjectPath):
        content, seen = read_object(location)
        return content, state_of_object(seen)
    content, mtime_ns = read_content(location)
    sha256 = hashlib.sha256(content).hexdigest()
    return content, FileState(size=len(content), mtime_ns=mtime_ns, sha256=sha256)


def state_of_object(seen: ObjectState) -> FileState:
    """Return what is written down of an object."""
    return FileState(size=seen.size, mtime_ns=seen.mtime_ns, sha256=seen.version)


def refuse_taken(location: Location) -> None:
    """Raise AlreadyExists if a name is taken."""
    if not isinstance(location, ObjectPath):
        refuse_existing(location)
    elif is_there(location):
        msg = f"{location} exists already."
        raise AlreadyExists(msg, hint="Add --overwrite to replace it.")


def write_result(
    location: Location, content: Content, *, overwrite: bool, notes: Mapping[str, str]
) -> None:
    """Write a result, whole or not at all; ``notes`` are kept with an object.

    Raises:
        AlreadyExists: the name is taken and ``overwrite`` is not set.
        UnwritableImage: its place does not allow writing.
        DiskFull: the disk is full.

    """
    if isinstance(location, ObjectPath):
        put_object(location, content, notes, overwrite=overwrite)
        return
    with folder_lock(location.parent, exclusive=False):
        write_by(location, content.copy_to, overwrite=overwrite, failure=UnwritableImage)


def state_of_result(location: Location) -> dict[str, int | str]:
    """Return when a result that was just written last changed, and of an object its hash.

    Returns:
        By the names of the manifest's columns.

    Raises:
        UnwritableImage: it is gone.

    """
    if not isinstance(location, ObjectPath):
        with disk_errors(location, UnwritableImage):
            return {"output_mtime_ns": location.stat().st_mtime_ns}
    seen = look_at(location)
    if seen is None:
        msg = f"{location} is gone, just after it was written."
        raise UnwritableImage(msg, hint="Find out what else removes objects there.")
    return {"output_mtime_ns": seen.mtime_ns, "output_sha256": seen.version}
