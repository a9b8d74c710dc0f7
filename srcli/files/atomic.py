"""Files that appear whole or not at all."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from srcli.errors import AlreadyExists, DiskFull, UnwritableFile, is_disk_full

TEMPORARY_PREFIX = ".srcli-"
TEMPORARY_SUFFIX = ".part"
"""Names of unfinished files; hidden, so that no folder is ever read with them in it."""

_NO_HARD_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK}


def write_file(
    path: Path, data: bytes, *, overwrite: bool, failure: type[UnwritableFile] = UnwritableFile
) -> None:
    """Write ``data`` to ``path``; see ``write_by``."""
    write_by(path, lambda file: file.write(data), overwrite=overwrite, failure=failure)


def write_by(
    path: Path,
    write: Callable[[BinaryIO], object],
    *,
    overwrite: bool,
    failure: type[UnwritableFile] = UnwritableFile,
) -> None:
    """Let ``write`` write a temporary file in the folder of ``path``, made if missing, and name it.

    The data is on the disk before the file has its name: not even a power cut leaves half of it.

    Args:
        path: of the file.
        write: writes the content into a file that is given to it.
        overwrite: replace a file that is there.
        failure: what is raised if the file cannot be written, ``UnwritableImage`` of a picture.

    Raises:
        AlreadyExists: if ``path`` is there and ``overwrite`` is not set, also when it came in the
            meantime.
        UnwritableFile: if the folder does not allow writing.
        DiskFull: if the disk is full. In no case is anything left behind.

    """
    with disk_errors(path, failure):
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.parent / f"{TEMPORARY_PREFIX}{secrets.token_hex(8)}{TEMPORARY_SUFFIX}"
        try:
            with temporary.open("xb") as file:
                write(file)
                file.flush()
                os.fsync(file.fileno())
            if overwrite:
                temporary.replace(path)
            else:
                _claim(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)


def refuse_existing(path: Path) -> None:
    """Raise AlreadyExists if ``path`` is there, be it a dangling link."""
    if os.path.lexists(path):
        message = f"{path} exists already."
        raise AlreadyExists(message, hint="Add --overwrite to replace it.")


@contextmanager
def disk_errors(path: Path, failure: type[UnwritableFile] = UnwritableFile) -> Iterator[None]:
    """Turn the operating system's refusals into ours, about ``path``.

    Raises:
        UnwritableFile: of the class ``failure``.
        AlreadyExists: ``path`` is there.
        DiskFull: the disk is full.

    """
    try:
        yield
    except FileExistsError as error:
        refuse_existing(path)
        message = f"{path} cannot be written: a file is where its folder should be."
        raise failure(message) from error
    except OSError as error:
        if is_disk_full(error):
            message = f"{path} cannot be written: the disk is full."
            raise DiskFull(message, hint="Free some space or choose another folder.") from error
        message = f"{path} cannot be written: {(error.strerror or str(error)).lower()}."
        raise failure(message) from error


def _claim(temporary: Path, path: Path) -> None:
    """Give the finished file its name, unless the name is taken, in one step."""
    try:
        path.hardlink_to(temporary)
    except OSError as error:
        if error.errno not in _NO_HARD_LINKS:
            raise
        _claim_without_links(temporary, path)


def _claim_without_links(temporary: Path, path: Path) -> None:
    """Take the name with an empty file first, as file systems without hard links allow."""
    with path.open("xb"):
        pass
    try:
        temporary.replace(path)
    except OSError:
        path.unlink(missing_ok=True)
        raise
