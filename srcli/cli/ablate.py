"""``srcli ablate``."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Self

import typer

from srcli.cli import choices, completion, errors
from srcli.cli.command import USUAL
from srcli.cli.console import document, say
from srcli.cli.measuring import status_line
from srcli.cli.stopping import until_signal
from srcli.cli.table import show_table
from srcli.cli.train import LARGEST_SEED
from srcli.cli.train_view import TrainView

if TYPE_CHECKING:
    from srcli.bench.records import Record
    from srcli.training.loop import Report


EXAMPLES = """
    srcli ablate san-parts --data DIR --test DIR --out runs/san-parts
    srcli ablate san-parts --data DIR --test DIR --out runs/san-parts --resume
    srcli ablate asdn-recursion --data DIR --test DIR --out runs/passes --steps 200
"""

_usual = partial(typer.Option, rich_help_panel=USUAL)


def ablate_command(
    name: Annotated[
        choices.Ablation,
        typer.Argument(metavar="NAME", help="Run this ablation.", show_default=False),
    ],
    data: Annotated[Path, _usual(metavar="FOLDER", help="Learn from the HR pictures in here.")],
    test: Annotated[
        Path, _usual(metavar="FOLDER", help="Measure the variants on the HR pictures in here.")
    ],
    out: Annotated[Path, _usual(metavar="FOLDER", help="Keep the runs in this folder.")],
    steps: Annotated[
        int | None,
        _usual(
            min=1,
            metavar="NUMBER",
            help="Train each variant for so many steps. Default: some hundreds, by ablation.",
        ),
    ] = None,
    resume: Annotated[bool, _usual("--resume", help="Go on where the runs stopped.")] = False,
    form: Annotated[
        choices.TableForm, _usual("-f", "--format", help="Write the table in this format.")
    ] = "table",
    seed: Annotated[
        int,
        _usual(
            min=0,
            max=LARGEST_SEED,
            metavar="NUMBER",
            help="Draw weights and patches of every variant from this seed.",
        ),
    ] = 0,
    device: Annotated[
        str,
        _usual(
            "-d",
            "--device",
            metavar="NAME",
            help="Train on this device: auto, cpu, cuda or mps.",
            autocompletion=completion.devices,
        ),
    ] = "auto",
) -> None:
    """Train small variants of a network, and show them beside the paper's."""
    from srcli.report.formats import markdown_table
    from srcli.usecases.ablate import AblateRequest, ablate

    request = AblateRequest(
        name=name,
        data=data,
        test=test,
        out=out,
        steps=steps,
        seed=seed,
        device=device,
        resume=resume,
    )
    with (
        until_signal() as interrupted,
        status_line("measuring") as show,
        _Listener(show) as listener,
    ):
        table = ablate(request, listener, interrupted)
    if table is None:
        say("Stopped and saved. Go on with --resume.")
        raise typer.Exit(errors.INTERRUPTED)
    if form == "md":
        document(markdown_table(table))
    else:
        show_table(table)


class _Listener:
    """Shows the variant that learns as ``srcli train`` does, and the picture that is measured."""

    def __init__(self, show: Callable[[str], None]) -> None:
        self._show = show
        self._views = ExitStack()
        self._view: TrainView | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._views.close()

    def begin(self, variant: str, number: int, count: int, steps: int) -> None:
        """Begin a bar for a variant."""
        self._views.close()
        say(f"Variant {number} of {count}: {variant}", style="")
        self._view = self._views.enter_context(TrainView(steps, "bicubic"))

    def report(self, report: Report) -> None:
        """Print a line, as ``srcli train`` does."""
        if self._view is not None:
            self._view.report(report)

    def tick(self, step: int, loss: float | None) -> None:
        """Move the bar."""
        if self._view is not None:
            self._view.tick(step, loss)

    def record(self, record: Record) -> None:
        """Show the picture that was measured."""
        self._views.close()
        self._show(f"x{record.task.scale:g} {record.task.image} {record.task.conditions.model}")
