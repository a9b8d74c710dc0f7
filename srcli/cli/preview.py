"""``--preview``: results in terminals that show pictures."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from srcli.cli import console
from srcli.cli.console import say
from srcli.errors import ImageError

if TYPE_CHECKING:
    from srcli.batch.outcome import Outcome
    from srcli.usecases.preview import Protocol


class Viewer:
    """Shows results where standard output is a terminal that can; elsewhere it does nothing."""

    def __init__(self, *, wanted: bool) -> None:
        self._protocol: Protocol | None = None
        if not (wanted and sys.stdout.isatty()):
            return
        from srcli.usecases.preview import shown_by

        self._protocol = shown_by(os.environ)
        if self._protocol is None:
            say("This terminal does not say that it shows pictures, so there is no preview.")

    def outcome(self, outcome: Outcome) -> None:
        """Show what was written for a picture."""
        from srcli.batch.outcome import Upscaled

        if self._protocol and isinstance(outcome, Upscaled):
            if isinstance(outcome.output, Path):
                self._show(outcome.output, self._protocol)
            else:
                say("There is no preview of objects in buckets.")

    @staticmethod
    def _show(path: Path, protocol: Protocol) -> None:
        from srcli.usecases.preview import preview

        try:
            console.controls(preview(path, protocol))
        except ImageError as error:
            say(f"There is no preview. {error.message}")
