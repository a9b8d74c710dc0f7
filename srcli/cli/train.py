"""``srcli train``."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from srcli.cli import console, errors
from srcli.cli.console import say
from srcli.cli.defaults import set_by_variables
from srcli.cli.train_view import TrainView

if TYPE_CHECKING:
    from srcli.usecases.train_request import TrainRequest


LARGEST_SEED = 2**63 - 1
SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")


def _take_defaults(context: typer.Context, path: Path | None) -> Path | None:
    """Let a file decide what command line and variables leave open, before ``srcli.toml``."""
    if path is not None:
        from srcli.usecases.run_file import read_run_file

        context.default_map = {
            **(context.default_map or {}),
            **read_run_file(path),
            **set_by_variables(context),
        }
    return path


def train_command(
    data: Annotated[Path, typer.Option(help="Folder of HR pictures to learn from.")],
    val: Annotated[Path, typer.Option(help="Folder of HR pictures to choose by.")],
    out: Annotated[Path, typer.Option(help="Folder of the run.")],
    steps: Annotated[int, typer.Option(min=1, help="Optimiser steps of the whole run.")],
    config: Annotated[
        Path | None,
        typer.Option(
            is_eager=True,
            callback=_take_defaults,
            help="TOML file of settings, such as a run's run.toml; options win over it.",
        ),
    ] = None,
    network: Annotated[str, typer.Option(help="Name of a network.")] = "asdn",
    preset: Annotated[str, typer.Option(help="One of its presets.")] = "fast",
    scale: Annotated[
        int | None, typer.Option(min=1, help="Factor of a fixed-scale network.")
    ] = None,
    batch: Annotated[int, typer.Option(min=1, help="Patches a step, of all processes.")] = 16,
    patch: Annotated[int, typer.Option(min=16, help="Side of an HR patch, in pixels.")] = 96,
    loss: Annotated[str, typer.Option(help="l1, or l2, the one that PSNR measures.")] = "l1",
    optimizer: Annotated[str, typer.Option(help="muon or adam.")] = "muon",
    learning_rate: Annotated[float, typer.Option("--lr", min=0, help="At its highest.")] = 1e-3,
    warmup: Annotated[int, typer.Option(min=0, help="Steps in which the rate rises.")] = 200,
    hold: Annotated[
        float, typer.Option(min=0, max=1, help="Share of the run before the learning rate falls.")
    ] = 0.5,
    schedule: Annotated[str, typer.Option(help="How it falls: cosine, or step, by halves.")] = (
        "cosine"
    ),
    halve_every: Annotated[
        float,
        typer.Option(min=1e-6, max=1, help="Of --schedule step: share of the run a half lasts."),
    ] = 0.1,
    ema: Annotated[
        float, typer.Option(min=0, max=1, help="Decay of the average of weights that is kept.")
    ] = 0.999,
    clip: Annotated[
        float, typer.Option(min=0, help="Largest norm of the gradient, 0 for any.")
    ] = 1.0,
    recursive: Annotated[
        float, typer.Option(min=0, max=1, help="Share of batches from the network's own output.")
    ] = 0.0,
    range_weights: Annotated[
        str,
        typer.Option(
            help="How often an ASDN trains ratios up to 2, 3 and 4, as 1,2,2. Default: all alike."
        ),
    ] = "",
    whole_ratios: Annotated[
        float,
        typer.Option(
            min=0,
            max=1,
            help="Share of batches of an ASDN at ratios 2, 3 and 4 themselves. Default: 0.4.",
        ),
    ] = 0.4,
    degradation: Annotated[
        str,
        typer.Option(
            help="How LR is made: bicubic; photo adds blur, noise and JPEG; wild also reduces in "
            "many ways; jpeg or noise to restore."
        ),
    ] = "bicubic",
    drawn: Annotated[
        float,
        typer.Option(min=0, max=1, help="Share of patches that are drawn: text, screens and such."),
    ] = 0.0,
    kept_noise: Annotated[
        float,
        typer.Option(min=0, max=1, help="Share of wild patches whose target keeps some noise."),
    ] = 0.0,
    precision: Annotated[
        str, typer.Option(help="bfloat16, float16 or float32; auto: bfloat16 where built in.")
    ] = "auto",
    seed: Annotated[
        int, typer.Option(min=0, max=LARGEST_SEED, help="Of weights, crops and ratios.")
    ] = 0,
    init: Annotated[
        Path | None, typer.Option(help="Weights file to start from, where names and shapes agree.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on where the run stopped.")] = False,
    max_minutes: Annotated[
        float | None, typer.Option(min=0, help="Stop and save after this time.")
    ] = None,
    validate_every: Annotated[int, typer.Option(min=1, help="Steps between validations.")] = 2000,
    val_pictures: Annotated[
        int | None, typer.Option(min=1, help="Validate on so many pictures only.")
    ] = None,
    device: Annotated[str, typer.Option("-d", "--device", help="auto, cpu, cuda or mps.")] = "auto",
    loaders: Annotated[
        int | None, typer.Option(min=0, max=64, help="Processes that prepare batches ahead.")
    ] = None,
) -> None:
    """Train a network, or go on training one."""
    request = _request(locals())
    with _until_signal() as interrupted:
        _run(request, interrupted)
        if interrupted():
            raise typer.Exit(errors.INTERRUPTED)


def _request(options: dict[str, Any]) -> TrainRequest:
    """Sort the options, which have the names of the fields, into what they belong to."""
    from dataclasses import fields

    from srcli.training.config import TrainConfig
    from srcli.usecases.train_checks import make_config
    from srcli.usecases.train_request import TrainRequest

    of_config = {field.name for field in fields(TrainConfig)}
    settings = {key: value for key, value in options.items() if key in of_config}
    rest = {k: v for k, v in options.items() if k not in of_config and k != "config"}
    return TrainRequest(config=make_config(device=options["device"], **settings), **rest)


def _run(request: TrainRequest, interrupted: Callable[[], bool]) -> None:
    from srcli.training.curves import can_draw
    from srcli.training.process_group import is_first_process
    from srcli.usecases.train import train

    with TrainView(request.config.steps, request.config.degradation) as view:
        best = train(request, view.report, interrupted, tick=view.tick)
    if not is_first_process():
        return
    if not can_draw():
        say("no curves.png: it needs matplotlib, which pip install 'srcli[train]' brings")
    console.data(str(best))
    if interrupted():
        say("stopped and saved: go on with --resume")


@contextmanager
def _until_signal() -> Iterator[Callable[[], bool]]:
    """Turn the first request to end into a flag, so that the run can save; a second one ends it.

    Requests are Ctrl-C, SIGTERM and, where there is one, the end of the terminal.
    """
    seen: list[int] = []
    numbers = [getattr(signal, name) for name in SIGNALS if hasattr(signal, name)]

    def note(number: int, _: object) -> None:
        seen.append(number)
        restore()

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    before = {number: signal.signal(number, note) for number in numbers}
    try:
        yield lambda: bool(seen)
    finally:
        restore()
