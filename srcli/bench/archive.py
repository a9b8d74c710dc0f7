"""Unpack an archive of pictures that came from elsewhere."""

from __future__ import annotations

import gzip
import shutil
import tarfile
import zlib
from pathlib import Path
from typing import IO

from srcli.errors import DataError
from srcli.files.digest import is_web_page

LARGEST = 500_000_000
"""Bytes that an archive may unpack to, several times what the largest data set needs."""

DAMAGES = (
    tarfile.TarError,
    gzip.BadGzipFile,
    EOFError,
    zlib.error,
    ValueError,  # a name that no file can have
    OverflowError,  # a size that no file can have
    RecursionError,  # a chain of names without end
)


def unpack(archive: Path, folder: Path) -> None:
    """Write the files of a ``.tar.gz`` below ``folder``.

    Only plain files and folders come out, none of them outside ``folder``, and never more than
    ``LARGEST`` bytes are read, file names and all.

    Raises:
        DataError: it is no whole archive, too large, or holds anything else.

    """
    if is_web_page(archive):
        msg = f"{archive.name} is a web page, not an archive."
        raise DataError(msg, hint="Check HF_ENDPOINT and any proxy in between.")
    try:
        with _Bounded(archive) as plain, tarfile.open(fileobj=plain, mode="r|") as tar:
            for member in tar:
                if member.issparse() or not (member.isfile() or member.isdir()):
                    msg = f"{archive.name} is refused: {member.name} is no plain file."
                    raise DataError(msg)
                place = (folder / member.name.lstrip("/")).resolve()
                if not place.is_relative_to(folder.resolve()):
                    msg = f"{archive.name} is refused: {member.name} is outside its folder."
                    raise DataError(msg)
                _write(tar.extractfile(member), place)
    except DAMAGES as error:
        msg = f"{archive.name} is damaged: {error}."
        raise DataError(msg, hint="Try again. The archive is then downloaded anew.") from error


def _write(content: IO[bytes] | None, place: Path) -> None:
    """Write a file, or make the folder of a member that has no content.

    Python's own filters against hostile members are missing before 3.11.4.
    """
    if content is None:
        place.mkdir(parents=True, exist_ok=True)
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    with content, place.open("wb") as file:
        shutil.copyfileobj(content, file)


class _Bounded(gzip.GzipFile):
    """What a file unpacks to, as far as ``LARGEST``."""

    done = 0

    def read(self, size: int | None = -1) -> bytes:
        data = super().read(size)
        self.done += len(data)
        if self.done > LARGEST:
            msg = f"{Path(self.name).name} is refused: it unpacks to more than {LARGEST:,} bytes."
            raise DataError(msg)
        return data
