"""Standard streams that may be closed, full, or read by no one any more."""

from __future__ import annotations

import codecs
import errno
import io
import os
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, TextIO, cast

from srcli.cli.printable import printable_foreign
from srcli.errors import DiskFull, UnwritableOutput, is_disk_full

NO_READER = (errno.EPIPE, errno.ESHUTDOWN, errno.ECONNRESET)
ERRORS = "srcli.spell"
"""The error handler of stdout; codecs knows it by this name."""


class Outlet:
    """One of the standard streams, written to by all that the command line prints.

    Whoever stops reading does not stop the work: the rest is dropped. On a terminal, control
    characters are spelled out, except for what progress bars need.

    Args:
        stream: where to write.
        needed: a full disk is an error; without it, it is dropped like the rest.
        guarded: spell out control characters on a terminal. The console of ``console`` does
            that before it adds its own, so it leaves this off.

    """

    def __init__(self, stream: TextIO, *, needed: bool, guarded: bool = True) -> None:
        self._stream = stream
        self._needed = needed
        self._guarded = guarded

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the stream has
        return getattr(self._stream, name)

    @property
    def unguarded(self) -> Outlet:
        """The same stream, for text that is safe to print."""
        return Outlet(self._stream, needed=self._needed, guarded=False)

    def write(self, text: str) -> int:
        """Write text.

        Raises:
            DiskFull: the stream is needed, and goes to a disk that is full.
            UnwritableOutput: the stream is needed, and cannot be written for another reason.

        """
        shown = printable_foreign(text) if self._guarded and self._stream.isatty() else text
        self._attempt(lambda: self._stream.write(shown))
        return len(text)

    def write_bytes(self, content: bytes) -> None:
        """Write bytes, such as a picture; raise as ``write``."""
        self.flush()
        self._attempt(lambda: self._stream.buffer.write(content))
        self._attempt(self._stream.buffer.flush)

    def flush(self) -> None:
        """Send on what was written; raise as ``write``."""
        self._attempt(self._stream.flush)

    def _attempt(self, action: Callable[[], object]) -> None:
        try:
            action()
        except OSError as error:
            lost = self._has_no_reader(error)
            self._abandon()
            if not self._needed or lost:
                return
            if is_disk_full(error):
                message = "The output cannot be written: the disk is full."
                hint = "Free some space, or send it elsewhere."
                raise DiskFull(message, hint=hint) from error
            reason = (error.strerror or str(error)).lower()
            message = f"The output cannot be written: {reason}."
            raise UnwritableOutput(message, hint="Send it elsewhere.") from error

    def _has_no_reader(self, error: OSError) -> bool:
        """Tell whether a pipe was closed, or a terminal is gone."""
        if error.errno == errno.EIO:
            return stat.S_ISCHR(os.fstat(self._stream.fileno()).st_mode)
        return error.errno in NO_READER

    def _abandon(self) -> None:
        """Drop what the stream still holds, and all that follows."""
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, self._stream.fileno())
        os.close(nothing)
        with suppress(OSError):
            self._stream.flush()


@contextmanager
def outlets() -> Iterator[None]:
    """Let stdout and stderr be outlets while the block runs.

    Stdout takes any name of a file, in any encoding. What is closed of the standard streams is
    open while the block runs, and leads nowhere.
    """
    before = sys.stdin, sys.stdout, sys.stderr
    _fill_gaps()
    with ExitStack() as opened:
        for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
            if getattr(sys, name) is None:
                path = Path(os.devnull)
                setattr(sys, name, opened.enter_context(path.open(mode, encoding="utf-8")))
        codecs.register_error(ERRORS, _spell)
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(errors=ERRORS)
        sys.stdout = cast("TextIO", Outlet(sys.stdout, needed=True))
        sys.stderr = cast("TextIO", Outlet(sys.stderr, needed=False))
        try:
            yield
        finally:
            sys.stderr.flush()
            sys.stdin, sys.stdout, sys.stderr = before


def _fill_gaps() -> None:
    """Open the numbers of closed standard streams, so that no file of ours gets them."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free


def _spell(error: UnicodeError) -> tuple[str | bytes, int]:
    """Give the bytes that a name was read from; spell out what the encoding has no place for."""
    try:
        return codecs.lookup_error("surrogateescape")(error)
    except UnicodeError:
        return codecs.backslashreplace_errors(error)
