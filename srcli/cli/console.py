"""Data goes to stdout, talk goes to stderr."""

from __future__ import annotations

import codecs
import io
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import typer
from rich.console import Console
from rich.markup import escape

talk = Console(stderr=True, highlight=False, soft_wrap=True, emoji=False)
"""For progress, warnings and errors; plain text where stderr is no terminal or NO_COLOR is set."""


def data(line: str) -> None:
    """Print one line of results."""
    typer.echo(line)


def open_stdout() -> None:
    """Let stdout take any name of a file, in any encoding; and all of it, where it is closed."""
    codecs.register_error(__name__, _spell)
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - for as long as we run
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors=__name__)


def abandon_stdout() -> None:
    """Drop what stdout still holds, so that leaving does not try to write it again."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, sys.stdout.fileno())
    os.close(nothing)


def _spell(error: UnicodeError) -> tuple[str | bytes, int]:
    """Give the bytes that a name was read from; spell out what the encoding has no place for."""
    try:
        return codecs.lookup_error("surrogateescape")(error)
    except UnicodeError:
        return codecs.backslashreplace_errors(error)


class _Teller(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        talk.print(f"[dim]{escape(record.getMessage())}[/]")


@contextmanager
def verbose(*, on: bool) -> Iterator[None]:
    """Tell what the tool logs of its work, while the block runs, if ``on``."""
    logger, teller = logging.getLogger("srcli"), _Teller()
    if not on:
        yield
        return
    before, told = logger.level, logger.propagate
    logger.addHandler(teller)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    try:
        yield
    finally:
        logger.removeHandler(teller)
        logger.setLevel(before)
        logger.propagate = told
