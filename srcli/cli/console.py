"""Data goes to stdout, talk goes to stderr; all that the command line prints goes through here."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import IO, TextIO, cast

from rich.console import Console, ConsoleOptions, RenderableType
from rich.file_proxy import FileProxy
from rich.segment import Segment
from rich.text import Text

from srcli.cli.outlet import Outlet
from srcli.cli.printable import DOCUMENT, LINE, printable
from srcli.errors import shortened


class SafeConsole(Console):
    """A console that spells out every control character that it did not add itself."""

    @property
    def file(self) -> IO[str]:
        """Where it writes: past the guard of an outlet, which would spell out its own controls."""
        file = super().file
        return cast("TextIO", file.unguarded) if isinstance(file, Outlet) else file

    @file.setter
    def file(self, new: IO[str]) -> None:
        self._file = new

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """Render as rich does; on a terminal, text that it would obey is spelled out."""
        for text, style, control in super().render(renderable, options):
            yield Segment(text if control else self.safe(text, keep="\n"), style, control)

    def safe(self, text: str, *, keep: str = LINE) -> str:
        """Return what is shown of a text: see ``printable``; all of it is, where no terminal is."""
        return printable(text, keep=keep) if self.is_terminal else text


def make_talk() -> SafeConsole:
    """Make a console for stderr; plain where that is no terminal or NO_COLOR is set."""
    return SafeConsole(stderr=True, highlight=False, emoji=False)


talk = make_talk()
"""For progress; lines of text are printed by ``say``."""


def say(line: str, *, style: str = "dim", label: str = "", label_style: str = "") -> None:
    """Print one line of talk: a warning, an error, what was done.

    On a terminal it goes above a progress bar, and control characters are spelled out.
    """
    start = f"{label} " if label else ""
    if talk.is_terminal:
        text = Text.assemble((start, label_style), (printable(line), style))
        talk.print(text, soft_wrap=True)
        return
    stream = _under_bars(sys.stderr)
    stream.write(f"{start}{line}\n")
    stream.flush()


def data(line: str, *, end: str = "\n") -> None:
    """Print one line of results; where stdout is no terminal, names are printed as they are.

    Raises:
        ResourceError: stdout cannot be written.

    """
    _print(line, end=end, keep=LINE)


def document(text: str) -> None:
    """Print several lines of results; see ``data``."""
    _print(text, end="\n", keep=DOCUMENT)


def picture(content: bytes) -> None:
    """Print a picture; raise as ``data``."""
    stream = _under_bars(sys.stdout)
    if isinstance(stream, Outlet):
        stream.write_bytes(content)
    else:
        stream.buffer.write(content)


def controls(text: str) -> None:
    """Print controls that srcli made itself, and end the line; raise as ``data``."""
    stream = _under_bars(sys.stdout)
    if isinstance(stream, Outlet):
        stream = cast("TextIO", stream.unguarded)
    stream.write(f"{text}\n")
    stream.flush()


def _print(text: str, *, end: str, keep: str) -> None:
    """Print to stdout; above the progress bar if both are on the terminal."""
    if not sys.stdout.isatty():
        stream = _under_bars(sys.stdout)
    elif isinstance(sys.stdout, FileProxy):
        talk.print(Text(printable(text, keep=keep)), soft_wrap=True)
        return
    else:
        text, stream = printable(text, keep=keep), sys.stdout
    stream.write(text + end)
    stream.flush()


def _under_bars(stream: TextIO) -> TextIO:
    """Return the stream itself where rich has put a progress bar before it."""
    return cast("TextIO", getattr(stream, "rich_proxied_file", stream))


class _Teller(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        """Say what was logged, without end."""
        message = shortened(record.getMessage())
        if record.levelno >= logging.WARNING:
            say(message, style="", label="warning:", label_style="bold yellow")
        else:
            say(message)


@contextmanager
def telling() -> Iterator[None]:
    """Tell the warnings that the tool logs, while the block runs."""
    logger, teller = logging.getLogger("srcli"), _Teller()
    logger.addHandler(teller)
    try:
        yield
    finally:
        logger.removeHandler(teller)


@contextmanager
def verbose(*, on: bool) -> Iterator[None]:
    """Tell all that the tool logs of its work, while the block runs, if ``on``."""
    logger = logging.getLogger("srcli")
    before = logger.level
    if on:
        logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.setLevel(before)
