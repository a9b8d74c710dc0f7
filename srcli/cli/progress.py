"""Show a batch to a person: a line for each picture, and a bar on a terminal."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Self

from srcli.cli import errors
from srcli.cli.batch_bar import BatchBar
from srcli.cli.console import data, say
from srcli.cli.heartbeat import Heartbeat
from srcli.cli.pace import Pace
from srcli.cli.tally import Tally
from srcli.errors import listed

if TYPE_CHECKING:
    from srcli.batch.outcome import Outcome, Upscaled
    from srcli.files.objects.address import Location
    from srcli.pipeline.target_size import Size

NOTE_SECONDS = 10.0
"""Seconds of silence after which a line says that the work goes on."""

logger = logging.getLogger(__name__)


class TextReporter:
    """Paths of results on stdout; on stderr a line a picture, and a bar if that is a terminal.

    Args:
        quiet: stderr gets errors and nothing else.
        paths: results are named on stdout; off where it carries a picture.
        end: what ends each path.
        pace: measures the time of the bar.

    """

    def __init__(
        self,
        *,
        quiet: bool = False,
        paths: bool = True,
        end: str = "\n",
        pace: Pace | None = None,
    ) -> None:
        self.tally = Tally()
        self.bar = BatchBar(self.tally, shown=not quiet, pace=pace)
        self._quiet = quiet
        self._paths = paths
        self._end = end
        self._name = ""
        self._heartbeat = Heartbeat(self._alive, every=NOTE_SECONDS)

    def __enter__(self) -> Self:
        self.bar.start()
        self._heartbeat.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._heartbeat.__exit__()
        self.bar.stop()

    def found(self, count: int) -> None:
        """Show how many pictures there are."""
        self.tally.start(count)
        self.bar.found()

    def picture(self, source: Location, source_size: Size, size: Size) -> None:
        """Show which picture is worked on."""
        self._name = source.name
        self.bar.picture(source, f"{_sides(source_size)} to {_sides(size)}")

    def begin(self, total: int) -> None:
        """Start to count one run over the picture."""
        self.bar.begin(total)

    def advance(self, amount: int) -> None:
        """Count on."""
        self.bar.advance(amount)
        if self.bar.shown:
            self._heartbeat.beat()

    def outcome(self, outcome: Outcome) -> None:
        """Print what became of a picture."""
        from srcli.batch.outcome import Failed, Skipped

        self._heartbeat.beat()
        self.tally.add(outcome)
        self.bar.outcome()
        if isinstance(outcome, Failed):
            errors.show(outcome.error)
        elif isinstance(outcome, Skipped):
            self._say(f"{outcome.source.name}: skipped, {outcome.reason}")
        else:
            self._done(outcome)

    def finish(self, *, interrupted: bool = False) -> None:
        """Print the sum of all, if there was more than one picture."""
        self.bar.stop()
        if self.tally.found > 1 or interrupted:
            self._say(f"{'interrupted: ' if interrupted else ''}{_summary(self.tally)}")

    def _done(self, outcome: Upscaled) -> None:
        if self._paths:
            data(str(outcome.output), end=self._end)
        name = outcome.source.name
        for warning in outcome.warnings if not self._quiet else ():
            _warn(warning)
        if outcome.copied:
            self._say(f"{name}: copied, large enough already")
            return
        before, after = _sides(outcome.source_size), _sides(outcome.size)
        self._say(f"{name}: {before} to {after} in {outcome.seconds:.1f} s")
        if outcome.choice and outcome.choice.reason:
            logger.info("%s: chosen: %s", name, outcome.choice.summary)
        if outcome.left_behind and not self._quiet:
            left = listed(outcome.left_behind)
            _warn(f"The result of {name} lacks what the file held beside its picture: {left}.")
        found = outcome.consistency
        if found and not found.sound and not self._quiet:
            text = (
                f"{outcome.output} reduced again differs from its source "
                f"({found.psnr:.1f} dB). The model is wrong, or there is a fault."
            )
            _warn(text)

    def _alive(self, seconds: float) -> None:
        """Say that the work goes on, if there is any."""
        if not self.tally.not_reached:
            return
        last = f", {self._name} was begun last" if self._name else ""
        ended = self.tally.found - self.tally.not_reached
        self._say(f"still at work after {seconds:.0f} s, {ended} of {self.tally.found} done{last}")

    def _say(self, line: str) -> None:
        if not self._quiet:
            say(line)


def _summary(tally: Tally) -> str:
    counts = f"{tally.done} done, {tally.skipped} skipped, {tally.failed} failed"
    if tally.not_reached:
        counts += f", {tally.not_reached} not reached"
    took = f"{tally.megapixels:.1f} MP in {tally.seconds:.1f} s"
    models = ", ".join(f"{count} with {model}" for model, count in sorted(tally.models.items()))
    return f"{counts} of {tally.found}; {took}{f'; {models}' if models else ''}"


def _sides(size: Size) -> str:
    return f"{size[1]}x{size[0]}"


def _warn(text: str) -> None:
    say(text, style="", label="warning:", label_style="bold yellow")
