"""Print an expected failure as a message and a hint."""

from __future__ import annotations

import logging

from srcli.cli.console import say
from srcli.errors import SrcliError

logger = logging.getLogger(__name__)

DONE = 0
BUG = 1
INTERRUPTED = 130
"""The other codes stand on the classes of errors."""


def show(error: SrcliError) -> None:
    """Print what failed and what to do, with ``--verbose`` also the cause."""
    say(error.message, style="", label="error:", label_style="bold red")
    if error.hint:
        say(f"hint: {error.hint}")
    cause = error.__cause__
    if cause is not None and str(cause) not in error.message:
        logger.info("The cause is %s: %s", type(cause).__name__, str(cause).strip())
