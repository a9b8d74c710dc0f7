"""Data goes to stdout, talk goes to stderr."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import typer
from rich.console import Console
from rich.markup import escape

talk = Console(stderr=True, highlight=False, soft_wrap=True)
"""For progress, warnings and errors; plain text where stderr is no terminal or NO_COLOR is set."""


def data(line: str) -> None:
    """Print one line of results."""
    typer.echo(line)


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
