"""``srcli train``."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from srcli.cli import choices, console, errors, shared_options
from srcli.cli.command import USUAL
from srcli.cli.console import say
from srcli.cli.defaults import set_by_variables
from srcli.cli.stopping import until_signal
from srcli.cli.train_view import TrainView

if TYPE_CHECKING:
    from srcli.usecases.train_request import TrainRequest


LARGEST_SEED = 2**63 - 1


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


EXAMPLES = """
    srcli train --data DIR --val DIR --out runs/mine --steps 20000
    srcli train --data DIR --val DIR --out runs/mine --steps 20000 --resume
    srcli train --config runs/mine/run.toml --resume
"""

_usual = partial(typer.Option, rich_help_panel=USUAL)
_pictures = partial(typer.Option, rich_help_panel="Training pictures")
_learning = partial(typer.Option, rich_help_panel="Optimiser and learning rate")
_session = partial(typer.Option, rich_help_panel="The run")


def train_command(
    data: Annotated[Path, _usual(metavar="FOLDER", help="Learn from the HR pictures in here.")],
    val: Annotated[
        Path, _usual(metavar="FOLDER", help="Choose the best weights by the HR pictures in here.")
    ],
    out: Annotated[Path, _usual(metavar="FOLDER", help="Keep the run in this folder.")],
    steps: Annotated[
        int, _usual(min=1, metavar="NUMBER", help="Train for so many optimiser steps in all.")
    ],
    network: Annotated[choices.Network, _usual(help="Train this network.")] = "asdn",
    preset: Annotated[
        str,
        _usual(
            metavar="NAME", help="Build the network with this preset, such as fast, base or light."
        ),
    ] = "fast",
    scale: Annotated[
        int | None,
        _usual(
            min=1,
            metavar="FACTOR",
            help="Train for this factor. A network of any scale takes none.",
        ),
    ] = None,
    batch: Annotated[
        int,
        _usual(min=1, metavar="NUMBER", help="Use so many patches a step, in all processes."),
    ] = 16,
    resume: Annotated[bool, _usual("--resume", help="Go on where the run stopped.")] = False,
    device: Annotated[
        str,
        shared_options.device(
            rich_help_panel=USUAL, help="Train on this device: auto, cpu, cuda or mps."
        ),
    ] = "auto",
    patch: Annotated[
        int, _pictures(min=16, metavar="PIXELS", help="Cut HR patches of this side.")
    ] = 96,
    taught: Annotated[
        Path | None,
        _pictures(
            metavar="FOLDER",
            help="Also learn from a teacher's results. Those for factor 4 are in the subfolder x4.",
        ),
    ] = None,
    taught_share: Annotated[
        float,
        _pictures(
            min=0,
            max=1,
            metavar="SHARE",
            help="Cut this share of the patches at the factors of --taught out of its pictures.",
        ),
    ] = 0.5,
    degradation: Annotated[
        choices.Degradation,
        _pictures(
            help="Make LR patches this way. bicubic reduces them. photo also adds blur, noise and "
            "JPEG. wild also reduces in many ways. noisy is wild with noise in every picture, "
            "blurred with blur, sharpened with halos, compressed with lossy coding. jpeg, noise "
            "and mosaic keep the size, for restoration."
        ),
    ] = "bicubic",
    drawn: Annotated[
        float,
        _pictures(
            min=0, max=1, metavar="SHARE", help="Draw this share of the patches: text and screens."
        ),
    ] = 0.0,
    kept_noise: Annotated[
        float,
        _pictures(
            min=0,
            max=1,
            metavar="SHARE",
            help="Leave some noise in the targets of this share of the patches, for wild and its "
            "variants.",
        ),
    ] = 0.0,
    recursive: Annotated[
        float,
        _pictures(
            min=0,
            max=1,
            metavar="SHARE",
            help="Make this share of the batches from the network's own output.",
        ),
    ] = 0.0,
    range_weights: Annotated[
        str,
        _pictures(
            metavar="NUMBERS",
            help="Draw ratios up to 2, 3 and 4 of an ASDN in this relation, such as 1,2,2. "
            "Default: all alike.",
        ),
    ] = "",
    whole_ratios: Annotated[
        float,
        _pictures(
            min=0,
            max=1,
            metavar="SHARE",
            help="Draw this share of the batches of an ASDN at the ratios 2, 3 and 4 themselves.",
        ),
    ] = 0.4,
    loss: Annotated[
        choices.Loss, _learning(help="Minimise the absolute (l1) or the squared (l2) error.")
    ] = "l1",
    optimizer: Annotated[choices.Optimizer, _learning(help="Use this optimiser.")] = "muon",
    learning_rate: Annotated[
        float, _learning("--lr", min=0, metavar="NUMBER", help="Set the highest learning rate.")
    ] = 1e-3,
    warmup: Annotated[
        int,
        _learning(
            min=0, metavar="STEPS", help="Let the learning rate rise during so many first steps."
        ),
    ] = 200,
    hold: Annotated[
        float,
        _learning(
            min=0,
            max=1,
            metavar="SHARE",
            help="Let the learning rate fall after this share of the run.",
        ),
    ] = 0.5,
    schedule: Annotated[
        choices.Schedule,
        _learning(help="Let the learning rate fall as a half cosine, or by halves (step)."),
    ] = "cosine",
    halve_every: Annotated[
        float,
        _learning(
            min=1e-6,
            max=1,
            metavar="SHARE",
            help="With --schedule step, halve the rate each time this share of the run is done.",
        ),
    ] = 0.1,
    ema: Annotated[
        float,
        _learning(
            min=0,
            max=1,
            metavar="DECAY",
            help="Keep a moving average of the weights with this decay.",
        ),
    ] = 0.999,
    clip: Annotated[
        float,
        _learning(
            min=0, metavar="NORM", help="Limit the norm of the gradient to this; 0 sets no limit."
        ),
    ] = 1.0,
    config: Annotated[
        Path | None,
        _session(
            is_eager=True,
            callback=_take_defaults,
            metavar="FILE",
            help="Read settings from this TOML file, such as the run.toml of a run. "
            "Options win over it.",
        ),
    ] = None,
    init: Annotated[
        Path | None,
        _session(
            metavar="FILE",
            help="Start from the tensors of this weights file whose names and shapes agree. "
            "A vdsr grows from a shallower one, a local asdn from a smaller one.",
        ),
    ] = None,
    max_minutes: Annotated[
        float | None, _session(min=0, metavar="MINUTES", help="Stop and save after this time.")
    ] = None,
    validate_every: Annotated[
        int, _session(min=1, metavar="STEPS", help="Validate each time after so many steps.")
    ] = 2000,
    val_pictures: Annotated[
        int | None,
        _session(
            min=1, metavar="NUMBER", help="Validate on so many pictures only. Default: on all."
        ),
    ] = None,
    precision: Annotated[
        choices.PrecisionOrAuto,
        _session(help="Compute in this type. auto takes bfloat16 where the device has it."),
    ] = "auto",
    seed: Annotated[
        int,
        _session(
            min=0,
            max=LARGEST_SEED,
            metavar="NUMBER",
            help="Draw weights, crops and ratios from this seed.",
        ),
    ] = 0,
    loaders: Annotated[
        int | None,
        _session(
            min=0,
            max=64,
            metavar="NUMBER",
            help="Prepare batches ahead in so many processes. Default: 1, or more for a GPU.",
        ),
    ] = None,
) -> None:
    """Train a network, or go on with a run."""
    request = _request(locals())
    with until_signal() as interrupted:
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
        say("No curves.png was drawn. Run `pip install 'srcli[train]'` to have it next time.")
    console.data(str(best))
    if interrupted():
        say("Stopped and saved. Go on with --resume.")
