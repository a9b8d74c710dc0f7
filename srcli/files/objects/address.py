"""Where a picture is: a path on this machine, or the address of an object in a bucket."""

from __future__ import annotations

import os
import re
from pathlib import Path, PurePosixPath

from srcli.errors import UsageError

SCHEMES = ("s3", "gs", "az")
"""Amazon S3 and what speaks its protocol, Google Cloud Storage, Azure Blob Storage."""
_ADDRESS = re.compile(rf"(?:{'|'.join(SCHEMES)})://")
_LEAST_PARTS = 2
"""Parts of an address that names a bucket and nothing in it."""


class ObjectPath(PurePosixPath):
    """The address of an object, or of what the keys below it begin with, as ``s3://bucket/key``.

    It has names, suffixes and parents as paths have them, and nothing that looks at a disk.
    """

    __slots__ = ()

    def __str__(self) -> str:
        text = super().__str__()
        return f"{text}//" if text.endswith(":") else text.replace(":/", "://", 1)

    @property
    def scheme(self) -> str:
        """What stands before the colon."""
        return self.parts[0].removesuffix(":")

    @property
    def bucket(self) -> str:
        """The bucket, or the container of Azure; empty if none is named."""
        return self.parts[1] if len(self.parts) >= _LEAST_PARTS else ""

    @property
    def key(self) -> str:
        """The name inside the bucket, without a slash at its end."""
        return "/".join(self.parts[_LEAST_PARTS:])

    @property
    def top(self) -> ObjectPath:
        """The bucket alone."""
        return ObjectPath(*self.parts[:_LEAST_PARTS])


Location = Path | ObjectPath


def is_object(given: str) -> bool:
    """Tell whether a user's argument is the address of an object or a bucket."""
    return _ADDRESS.match(given) is not None


def refuse_objects(*given: str) -> None:
    """Refuse addresses where only files can be named.

    Raises:
        UsageError: one of them is the address of an object.

    """
    if any(map(is_object, given)):
        msg = "Programs enlarge files, not objects in buckets."
        raise UsageError(msg, hint="Use `srcli upscale`, which reads and writes buckets.")


def located(given: str) -> Location:
    """Return what a user's argument names."""
    return ObjectPath(given) if is_object(given) else Path(given)


def location_of(folder: str, name: str) -> Location:
    """Return the file, or the object, of that name in a folder."""
    return ObjectPath(folder, name) if is_object(folder) else Path(folder, name)


def is_folder(given: str) -> bool:
    """Tell whether a user's argument is a folder that is there; of buckets only a slash says so."""
    return given.endswith("/") if is_object(given) else Path(given).is_dir()


def full_name(location: Location) -> str:
    """Return the absolute path of a file, or the address of an object."""
    return str(location if isinstance(location, ObjectPath) else location.absolute())


def identity(location: Location) -> str:
    """Return the same text for all names of one file or object."""
    if isinstance(location, ObjectPath):
        return str(location)
    return os.path.normcase(os.path.realpath(location))
