"""From an expected failure to a message, a hint and an exit code."""

from __future__ import annotations

import logging

from rich.markup import escape

from srcli.cli.console import talk
from srcli.errors import DataError, ImageError, ResourceError, SrcliError, UsageError, WeightsError

logger = logging.getLogger(__name__)

DONE = 0
USAGE = 2
IMAGES_FAILED = 3
WEIGHTS = 4
RESOURCES = 5
INTERRUPTED = 130

EXIT_CODES: tuple[tuple[type[SrcliError], int], ...] = (
    (UsageError, USAGE),
    (ImageError, IMAGES_FAILED),
    (DataError, IMAGES_FAILED),
    (WeightsError, WEIGHTS),
    (ResourceError, RESOURCES),
)
"""1 is a bug (a traceback), which Python sees to; 130 an interruption."""


def exit_code(error: SrcliError) -> int:
    """Return the exit code of an expected failure."""
    return next(code for kind, code in EXIT_CODES if isinstance(error, kind))


def show(error: SrcliError) -> None:
    """Say what failed, and what to do; where the tool is to tell all, also what lay behind it."""
    talk.print(f"[bold red]error:[/] {escape(error.message)}")
    if error.hint:
        talk.print(f"[dim]hint: {escape(error.hint)}[/]")
    cause = error.__cause__
    if cause is not None and str(cause) not in error.message:
        logger.info("because of %s: %s", type(cause).__name__, str(cause).strip())
