"""The rows of an image in a file that is mapped into memory, with a journal of finished rows.

The system holds in memory what is in use, and no more. A run that was killed goes on where it
stopped: the journal has the hash of each band of finished rows, and a band that does not have its
hash is made again.

The file holds the rows, and after them the journal: a line with a key, and a line with the end
and the hash of each band.
"""

from __future__ import annotations

import hashlib
import mmap
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from srcli.files.atomic import disk_errors
from srcli.files.locks import lock_handle, unlock_handle

MODE = 0o600
_DROPPED = getattr(mmap, "MADV_DONTNEED", None)


class RowFile:
    """Rows of bytes in a file of its own.

    A file whose key or size is another one, or that another process holds, is not continued.

    Args:
        path: of the file; None, or where another process holds it, for one without a name.
        key: says what the rows are; rows of another key are of no use.
        rows: number of rows.
        row_bytes: bytes of each.

    Attributes:
        memory: the rows, mapped.
        done: rows that are finished, counted from the top.

    Raises:
        DiskFull: there is no room for the rows.
        UnwritableFile: the folder does not allow writing.

    """

    def __init__(self, path: Path | None, key: str, *, rows: int, row_bytes: int) -> None:
        self.path, self.done = path, 0
        self._row_bytes, self._size = row_bytes, rows * row_bytes
        with disk_errors(path or Path(tempfile.gettempdir())):
            self._file = self._open(path)
            try:
                kept = [*self._kept(f"{key} {rows} {row_bytes}\n".encode())]
                self.memory = mmap.mmap(self._file.fileno(), self._size)
                self._check(kept)
            except BaseException:
                self._file.close()
                raise

    def finish(self, end: int) -> None:
        """Note that all rows above ``end`` are finished, and let the system put them away."""
        if end <= self.done:
            return
        band = memoryview(self.memory)[self.done * self._row_bytes : end * self._row_bytes]
        self._file.write(f"{end} {hashlib.sha256(band).hexdigest()}\n".encode())
        self._file.flush()
        self.done = end
        self.drop()

    def drop(self) -> None:
        """Let the system put all rows away that are in memory; they are read again when used."""
        if _DROPPED is not None:
            self.memory.madvise(_DROPPED)

    def remove(self) -> None:
        """Delete the file. The rows stay for as long as somebody reads them."""
        if self.path is not None:
            self.path.unlink(missing_ok=True)
        self._file.close()

    def close(self) -> None:
        """Leave the file for a later run."""
        if not self._file.closed:
            unlock_handle(self._file.fileno())
            self._file.close()

    def _open(self, path: Path | None) -> BinaryIO:
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
            handle = os.open(path, flags, MODE)
            if lock_handle(handle):
                return os.fdopen(handle, "r+b")
            os.close(handle)
            self.path = None
        return tempfile.TemporaryFile()

    def _check(self, kept: list[tuple[int, str, int]]) -> None:
        """Count the rows of the bands that have their hashes, up to the first that has not."""
        for end, digest, place in kept:
            band = memoryview(self.memory)[self.done * self._row_bytes : end * self._row_bytes]
            if not band or hashlib.sha256(band).hexdigest() != digest:
                self._file.truncate(place)
                break
            self.done = end
            self.drop()
        self._file.seek(0, os.SEEK_END)

    def _kept(self, head: bytes) -> Iterator[tuple[int, str, int]]:
        """Yield the end and the hash of each band in the journal, and where its line begins."""
        self._file.seek(self._size)
        place = self._size + len(head)
        if self._file.read(len(head)) != head:
            self._file.truncate(0)
            _reserve(self._file, self._size)
            self._file.seek(self._size)
            self._file.write(head)
            self._file.flush()
            return
        for line in self._file:
            end, _, digest = line.decode("ascii", "replace").rstrip("\n").partition(" ")
            if not (end.isdecimal() and int(end) <= self._size and line.endswith(b"\n")):
                self._file.truncate(place)
                return
            yield int(end), digest, place
            place += len(line)


def _reserve(file: BinaryIO, size: int) -> None:
    """Take the room on the disk, where the system can: a full disk would end the process later."""
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(file.fileno(), 0, size)
    else:
        file.truncate(size)
