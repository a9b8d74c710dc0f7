"""Show a training run to a person: a bar on a terminal, a line at intervals elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from srcli.cli.console import say, talk

if TYPE_CHECKING:
    from srcli.training.loop import Report

SMOOTHING = 0.98
MARKS = {"jpeg": "quality ", "noise": "sigma ", "mosaic": "mosaic "}


class TrainView:
    """Shows how a run of ``steps`` goes; ``degradation`` says what validation is keyed by.

    On a terminal: steps, loss (a running mean), learning rate, times, the last validation, and
    a line that stays for every validation. Elsewhere: a line a report.
    """

    def __init__(self, steps: int, degradation: str) -> None:
        self._live = talk.is_terminal
        self._mark = MARKS.get(degradation, "x")
        self._loss: float | None = None
        self._rate = ""
        self._bar = Progress(
            TextColumn("training"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[note]}"),
            console=talk,
            transient=True,
            disable=not self._live,
        )
        self._task = self._bar.add_task("", total=steps, note="")

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def tick(self, step: int, loss: float | None) -> None:
        """Move the bar after a step; a loss that is not known yet comes with the next report."""
        if not self._live:
            return
        if loss is not None:
            before = loss if self._loss is None else self._loss
            self._loss = SMOOTHING * before + (1 - SMOOTHING) * loss
        shown = "" if self._loss is None else f"loss {self._loss:.5f}"
        self._bar.update(self._task, completed=step, note=f"{shown}{self._rate}")

    def report(self, report: Report) -> None:
        """Print a line, on a terminal only if it tells of a validation."""
        self._rate = f"  rate {report.rate:.2e}  {report.seconds:.3f} s/step"
        self._loss = self._loss if report.loss is None else report.loss
        loss = "" if report.loss is None else f"  loss {report.loss:.5f}"
        line = f"step {report.step}{loss}{self._rate}"
        if report.validation is not None:
            found = report.validation.psnr_y.items()
            line += "  val " + "  ".join(f"{self._mark}{at:g} {psnr:.3f} dB" for at, psnr in found)
        if report.validation is not None or not self._live:
            say(line, style="")
