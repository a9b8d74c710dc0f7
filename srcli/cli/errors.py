"""From an expected failure to a message and a hint."""

from __future__ import annotations

import logging

from rich.markup import escape

from srcli.cli.console import talk
from srcli.errors import SrcliError

logger = logging.getLogger(__name__)

DONE = 0
INTERRUPTED = 130
"""1 is a bug (a traceback), which Python sees to; the others stand on the classes of errors."""


def show(error: SrcliError) -> None:
    """Say what failed, and what to do; where the tool is to tell all, also what lay behind it."""
    talk.print(f"[bold red]error:[/] {escape(error.message)}")
    if error.hint:
        talk.print(f"[dim]hint: {escape(error.hint)}[/]")
    cause = error.__cause__
    if cause is not None and str(cause) not in error.message:
        logger.info("because of %s: %s", type(cause).__name__, str(cause).strip())
