"""What a person sees of a batch: a line a picture, and bars on a terminal."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Self

from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

from srcli.cli import errors
from srcli.cli.console import data, talk
from srcli.cli.heartbeat import Heartbeat
from srcli.cli.tally import Tally

if TYPE_CHECKING:
    from srcli.batch.outcome import Outcome, Size, Upscaled


NOTE_SECONDS = 10.0
"""Of silence, after which a line says that the work goes on."""


class TextReporter:
    """Paths of results on stdout; on stderr a line a picture, and bars if that is a terminal.

    With ``quiet`` stderr gets errors and nothing else. With ``paths`` off, as where stdout
    carries a picture, results are not named on it. With ``advise`` the end says whether there
    was a better model.
    """

    def __init__(self, *, quiet: bool = False, paths: bool = True, advise: bool = False) -> None:
        self.tally = Tally()
        self._quiet = quiet
        self._paths = paths
        self._advise = advise
        self._bars = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=24),
            TaskProgressColumn(),
            TextColumn("{task.fields[note]}"),
            console=talk,
            transient=True,
            disable=quiet or not talk.is_terminal,
            redirect_stdout=sys.stdout.isatty(),
        )
        self._all = self._bars.add_task("pictures", total=None, note="", visible=False)
        self._one = self._bars.add_task("upscaling", total=None, note="")
        self._name = ""
        self._heartbeat = Heartbeat(self._alive, every=NOTE_SECONDS)

    def __enter__(self) -> Self:
        self._bars.start()
        self._heartbeat.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._heartbeat.__exit__()
        self._bars.stop()

    def found(self, count: int) -> None:
        """Show how many pictures there are."""
        self.tally.start(count)
        total = self.tally.found
        self._bars.update(self._all, total=total, visible=total > 1)

    def picture(self, source: Path, source_size: Size, size: Size) -> None:
        """Show which picture is worked on."""
        self._name = source.name
        note = f"{_sides(source_size)} to {_sides(size)}"
        self._bars.update(self._one, description=source.name, note=note)

    def begin(self, total: int) -> None:
        """Start the bar of one run over the picture."""
        self._bars.reset(self._one, total=total)

    def advance(self, amount: int) -> None:
        """Move it."""
        self._bars.advance(self._one, amount)
        if talk.is_terminal:
            self._heartbeat.beat()

    def outcome(self, outcome: Outcome) -> None:
        """Print what became of a picture."""
        from srcli.batch.outcome import Failed, Skipped

        self._heartbeat.beat()
        self.tally.add(outcome)
        self._bars.update(self._all, advance=1, note=_rate(self.tally))
        if isinstance(outcome, Failed):
            errors.show(outcome.error)
        elif isinstance(outcome, Skipped):
            self._say(f"{escape(outcome.source.name)}: skipped, {outcome.reason}")
        else:
            self._done(outcome)

    def finish(self, *, interrupted: bool = False) -> None:
        """Print the sum of all, if there was more than one picture."""
        self._bars.stop()
        if self.tally.found > 1 or interrupted:
            self._say(f"{'interrupted: ' if interrupted else ''}{_summary(self.tally)}")
        if self._advise and self.tally.compressed:
            self._say(f"hint: {_advice(self.tally.compressed)}")

    def _done(self, outcome: Upscaled) -> None:
        if self._paths:
            data(str(outcome.output))
        name = escape(outcome.source.name)
        for warning in outcome.warnings if not self._quiet else ():
            talk.print(f"[bold yellow]warning:[/] {escape(warning)}")
        if outcome.copied:
            self._say(f"{name}: copied, large enough already")
            return
        before, after = _sides(outcome.source_size), _sides(outcome.size)
        self._say(f"{name}: {before} to {after} in {outcome.seconds:.1f} s")
        found = outcome.consistency
        if found and not found.sound and not self._quiet:
            talk.print(
                f"[bold yellow]warning:[/] {escape(str(outcome.output))} reduced again differs "
                f"from its source ({found.psnr:.1f} dB): a wrong model, or a fault"
            )

    def _alive(self, seconds: float) -> None:
        """Say that the work goes on, if there is any."""
        if not self.tally.not_reached:
            return
        last = f", {escape(self._name)} was begun last" if self._name else ""
        ended = self.tally.found - self.tally.not_reached
        self._say(f"still at work after {seconds:.0f} s, {ended} of {self.tally.found} done{last}")

    def _say(self, line: str) -> None:
        if not self._quiet:
            talk.print(f"[dim]{line}[/]")


def _rate(tally: Tally) -> str:
    """Such as ``3.2 MP, 1.1 MP/s, 0:12 left``; what was skipped took no time."""
    made = tally.done + tally.failed
    text = f"{tally.megapixels:.1f} MP, {tally.megapixels / max(tally.seconds, 1e-9):.2f} MP/s"
    if not made or not tally.not_reached:
        return text
    left = round(tally.seconds / made * tally.not_reached)
    hours, minutes, seconds = left // 3600, left // 60 % 60, left % 60
    return f"{text}, {f'{hours}:{minutes:02}' if hours else minutes}:{seconds:02} left"


def _summary(tally: Tally) -> str:
    counts = f"{tally.done} done, {tally.skipped} skipped, {tally.failed} failed"
    if tally.not_reached:
        counts += f", {tally.not_reached} not reached"
    took = f"{tally.megapixels:.1f} MP in {tally.seconds:.1f} s"
    return f"{counts} of {tally.found}; {took}"


def _advice(compressed: int) -> str:
    from srcli.weights.catalog import PHOTO_JPEG_QUALITY, PHOTO_MODEL

    them = "1 picture was" if compressed == 1 else f"{compressed} pictures were"
    return (
        f"{them} compressed as JPEG of quality {PHOTO_JPEG_QUALITY} or less, "
        f"of which --model {PHOTO_MODEL} makes more"
    )


def _sides(size: Size) -> str:
    return f"{size[1]}x{size[0]}"
