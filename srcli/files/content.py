"""The content of a file that has no name yet: in memory, or in a file of its own if it is large."""

from __future__ import annotations

import hashlib
import io
import mmap
import os
import shutil
import tempfile
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from srcli.files.atomic import disk_errors

if TYPE_CHECKING:
    from typing_extensions import Buffer

COPIED = 1 << 22
"""Bytes that are copied at once."""


class Content:
    """Bytes that are written once, and read as often as is wanted. A file goes with this object.

    Args:
        written: what is there already.
        folder: of a file that holds the bytes; None holds them in memory.
        after_write: called each time that some bytes were written to that file.

    Attributes:
        file: where bytes are written, and whose beginning a writer may write anew.

    Raises:
        DiskFull: the folder has no room.
        UnwritableFile: the folder does not allow writing.

    """

    def __init__(
        self,
        written: bytes = b"",
        folder: Path | None = None,
        after_write: Callable[[], object] = bool,
    ) -> None:
        self.file: io.BytesIO | io.BufferedRandom
        if folder is None:
            self.file = io.BytesIO()
        else:
            with disk_errors(folder):
                folder.mkdir(parents=True, exist_ok=True)
                raw = tempfile.TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115 - lives as long
            self.file = _Watched(raw, after_write)
            weakref.finalize(self, self.file.close)
        self.file.write(written)

    def __len__(self) -> int:
        return self.file.seek(0, os.SEEK_END)

    @property
    def sha256(self) -> str:
        """Hash of all bytes, in hexadecimal digits."""
        self.file.seek(0)
        return hashlib.file_digest(self.file, "sha256").hexdigest()

    def read(self) -> bytes:
        """Return all bytes, which takes as much memory."""
        self.file.seek(0)
        return self.file.read()

    @contextmanager
    def view(self) -> Iterator[memoryview]:
        """Lend all bytes, which takes no memory beside what holds them: a file is not read."""
        self.file.flush()
        if isinstance(self.file, io.BytesIO):
            with self.file.getbuffer() as view:
                yield view
        else:
            number = self.file.fileno()
            with (
                mmap.mmap(number, 0, access=mmap.ACCESS_READ) as mapped,
                memoryview(mapped) as view,
            ):
                yield view

    def copy_to(self, target: BinaryIO) -> None:
        """Write all bytes to another file."""
        self.file.seek(0)
        shutil.copyfileobj(self.file, target, COPIED)


class _Watched(io.BufferedRandom):
    """A file that calls something after each write."""

    def __init__(self, raw: io.FileIO, after_write: Callable[[], object]) -> None:
        super().__init__(raw)
        self._after_write = after_write

    def write(self, data: Buffer, /) -> int:
        written = super().write(data)
        self._after_write()
        return written
