"""Data goes to stdout, talk goes to stderr."""

from __future__ import annotations

import typer
from rich.console import Console

talk = Console(stderr=True, highlight=False, soft_wrap=True)
"""For progress, warnings and errors; plain text where stderr is no terminal or NO_COLOR is set."""


def data(line: str) -> None:
    """Print one line of results."""
    typer.echo(line)
