"""``srcli models export``, ``measure`` and ``publish``: what to do with a model of one's own."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from srcli.cli import choices, completion, shared_options
from srcli.cli.console import data, document, say
from srcli.cli.measuring import measuring_status, parse_scales

EXPORTS = "srcli models export asdn-fast --ratio 1.5 -o asdn-fast.onnx"
MEASURES = "srcli models measure best.safetensors --id san-light-x2 > entry.toml"
PUBLISHES = "srcli models publish mine.safetensors --repo owner/name"

_card = partial(typer.Option, rich_help_panel="Entry in the catalogue")
_figures = partial(typer.Option, rich_help_panel="Measurement")


def export_command(
    model: Annotated[
        str,
        typer.Argument(
            metavar="MODEL",
            help="Id of a model, a weights file, or hf:owner/repo/file.safetensors.",
            autocompletion=completion.models,
        ),
    ],
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="FILE", help="Write this .onnx file.")
    ],
    kind: Annotated[
        choices.ExportFormat, typer.Option("--format", help="Write this format.")
    ] = "onnx",
    ratio: Annotated[
        float | None,
        typer.Option(
            metavar="RATIO",
            help="Export a model of any scale for this ratio, above 1 and at most 2. Default: 2.",
        ),
    ] = None,
    overwrite: Annotated[bool, shared_options.overwrite()] = False,
) -> None:
    """Write a model for other runtimes, after comparing it with PyTorch.

    Height, width and batch stay free. A model of any scale takes the picture already enlarged.
    """
    from srcli.usecases.export import export_model

    del kind  # Typer refuses any other
    made = export_model(model, output, ratio=ratio, overwrite=overwrite)
    data(str(made.path))
    say(f"The file uses ONNX operator set {made.opset}.")
    for parity in made.parity:
        size = " x ".join(map(str, parity.shape))
        say(f"At {size} it differs from PyTorch by at most {parity.difference:.1e}.")


def measure_command(
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="A .safetensors file of a network with a preset."),
    ],
    model: Annotated[
        str, _card("--id", metavar="ID", help="Give the model this id, such as san-light-x2.")
    ],
    trained_on: Annotated[
        str, _card(metavar="TEXT", help="Say which pictures it learned from, and how LR was made.")
    ] = "",
    training: Annotated[
        str, _card(metavar="TEXT", help="Say which command and hardware trained it.")
    ] = "",
    notes: Annotated[str, _card(metavar="TEXT", help="Say what a user should know.")] = "",
    purpose: Annotated[choices.Purpose, _card(help="Say what the model is for.")] = "clean",
    good_for: Annotated[
        str, _card(metavar="TEXT", help="Say in one sentence when to choose it.")
    ] = "",
    licence: Annotated[
        str, _card(metavar="NAME", help="Give the SPDX name of its licence.")
    ] = "MIT",
    dataset: Annotated[
        str,
        _figures(
            metavar="NAMES",
            autocompletion=completion.datasets,
            help="Measure on these data sets, joined by commas. Set5-JPEG40 is Set5 with its LR "
            "pictures compressed at quality 40.",
        ),
    ] = "Set5,Set14,Urban100",
    scale: Annotated[
        str,
        _figures(
            "-s",
            "--scale",
            metavar="FACTORS",
            help="Measure at these factors, joined by commas. Default: the model's own.",
        ),
    ] = "",
    data_dir: Annotated[
        Path | None,
        shared_options.data_dir(rich_help_panel="Measurement"),
    ] = None,
    store: Annotated[
        Path | None,
        shared_options.store(rich_help_panel="Measurement"),
    ] = None,
) -> None:
    """Measure a weights file, and print its entry for catalog.toml."""
    from srcli.usecases.measure import MeasureRequest, measure, to_toml

    request = MeasureRequest(
        file=file,
        id=model,
        licence=licence,
        trained_on=trained_on,
        training=training,
        notes=notes,
        purpose=purpose,
        good_for=good_for,
        datasets=tuple(part.strip() for part in dataset.split(",")),
        scales=parse_scales(scale) if scale else (),
        data_dir=data_dir,
        store=store,
    )
    with measuring_status() as on_record:
        card = measure(request, on_record)
    document(to_toml(card).rstrip("\n"))


def publish_command(
    models: Annotated[
        list[str],
        typer.Argument(
            metavar="MODEL",
            help="Ids of models, or .safetensors files.",
            autocompletion=completion.models,
        ),
    ],
    repo: Annotated[
        str,
        typer.Option(
            metavar="OWNER/NAME",
            help="Upload to this repository of the hub. Its README.md is replaced.",
        ),
    ],
    private: Annotated[
        bool, typer.Option("--private", help="Make the repository private if it is new.")
    ] = False,
) -> None:
    """Upload models with their cards to the hub, and print how to use them from there."""
    from srcli.usecases.publish import publish_models

    for file in publish_models(models, repo=repo, private=private):
        data(str(file))
