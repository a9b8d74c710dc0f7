"""Pictures on the disk, in files that have no name and leave nothing behind."""

from __future__ import annotations

import contextlib
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

from srcli.files.atomic import disk_errors

_PIECE = 1 << 18
_PLACE = Path("A temporary file")
"""What messages say instead of a path."""


class Spool:
    """Bytes in a temporary file that vanishes with the process, however that ends.

    It is written first, by one thread, and read then, by several.

    Raises:
        UnwritableFile: the system has no more files to open, or no place for them.

    """

    def __init__(self, content: bytes = b"") -> None:
        with disk_errors(_PLACE):
            self._file = tempfile.TemporaryFile(prefix="srcli-")  # noqa: SIM115 - kept open
        self._lock = threading.Lock()
        self._readers = 0
        self._dropped = False
        self.size = 0
        if content:
            self.append(content)

    def append(self, piece: bytes) -> None:
        """Write more.

        Raises:
            DiskFull: the disk is full.

        """
        with disk_errors(_PLACE), self._lock:
            self._file.write(piece)
            self._file.flush()
        self.size += len(piece)

    def content(self) -> bytes:
        """Return all of it."""
        return b"".join(self.pieces())

    def pieces(self) -> Iterator[bytes]:
        """Yield all of it, a part at a time; it stays readable meanwhile, even once dropped.

        Nothing is yielded if it was dropped before.
        """
        with self._lock:
            if self._dropped:
                return
            self._readers += 1
        try:
            at = 0
            while piece := self._read(at):
                at += len(piece)
                yield piece
        finally:
            with self._lock:
                self._readers -= 1
                self._close_if_unused()

    def drop(self) -> None:
        """Give its room on the disk back, as soon as nobody reads it."""
        with self._lock:
            self._dropped = True
            self._close_if_unused()

    def _read(self, at: int) -> bytes:
        with self._lock:
            self._file.seek(at)
            return self._file.read(_PIECE)

    def _close_if_unused(self) -> None:
        if self._dropped and not self._readers:
            with contextlib.suppress(OSError):  # what a full disk did not take
                self._file.close()
