"""``srcli models``: which models there are, how to have them, and whether they are sound."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from srcli.cli import completion, errors
from srcli.cli.console import data, document, say
from srcli.cli.download import DownloadProgress
from srcli.cli.measuring import measuring_status, parse_scales
from srcli.cli.model_list import emit_models, print_models

if TYPE_CHECKING:
    from srcli.weights.catalog.card import Score, WeightCard
    from srcli.weights.catalog.published import PublishedWeights

app = typer.Typer(no_args_is_help=True, help="List, fetch, check and share the models.")

Models = Annotated[
    list[str],
    typer.Argument(
        metavar="MODEL...",
        help="Ids, or hf:owner/repo/file.safetensors.",
        autocompletion=completion.models,
    ),
]


class Format(StrEnum):
    """What a model can be exported as."""

    ONNX = "onnx"


@app.command("list")
def list_command(
    purpose: Annotated[
        str,
        typer.Option(
            help="List models for this purpose: clean, photo, drawing, jpeg or noise.",
            autocompletion=completion.purposes,
        ),
    ] = "",
    community: Annotated[
        bool, typer.Option("--community", help="List other people's models as well.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a model.")] = False,
) -> None:
    """List the models by purpose."""
    from srcli.usecases.models import list_models

    models = list_models(purpose, community=community)
    if as_json:
        emit_models(models)
    else:
        print_models(models, sentences=community or bool(purpose))
        if not (community or purpose):
            data("srcli models list --community adds the models of other people.")


@app.command("show")
def show_command(
    model: Annotated[
        str,
        typer.Argument(help="Id of a model, or a weights file.", autocompletion=completion.models),
    ],
    markdown: Annotated[bool, typer.Option("--markdown", help="As the model's card.")] = False,
) -> None:
    """Print all that is known of a model."""
    from srcli.usecases.models import is_file_name, show_card, show_model
    from srcli.weights.catalog.published import PublishedWeights

    if markdown or is_file_name(model):
        document(show_card(model).rstrip())
        return
    found = show_model(model)
    facts = _source_facts(found) if isinstance(found, PublishedWeights) else _card_facts(found)
    for name, value in facts:
        data(f"{name:<11} {value}")


@app.command("fetch")
def fetch_command(
    models: Models,
    offline: Annotated[bool, typer.Option("--offline", help="Use no network.")] = False,
    accept_licence: Annotated[
        bool,
        typer.Option(
            "--accept-licence", help="Accept licences that restrict what a model is used for."
        ),
    ] = False,
    keep_original: Annotated[
        bool,
        typer.Option("--keep-original", help="Also keep the file that srcli converts."),
    ] = False,
) -> None:
    """Bring models to this machine, and print where they are.

    Files of other people are checked and converted to safetensors; nothing in them is run.
    """
    from srcli.usecases.models import fetch_model

    for model in models:
        with DownloadProgress(model) as progress:
            fetched = fetch_model(
                model,
                offline=offline,
                accept_licence=accept_licence,
                keep_original=keep_original,
                listen=progress.advance_to,
            )
        if fetched.attribution:
            say(fetched.attribution)
        data(str(fetched.path))


@app.command("path")
def path_command(
    model: Annotated[
        str,
        typer.Argument(
            help="Id of a model; without it, the folder of imported models.",
            autocompletion=completion.models,
        ),
    ] = "",
) -> None:
    """Print where a model's verified file is; nothing is fetched."""
    from srcli.usecases.models import model_path, models_folder

    data(str(model_path(model) if model else models_folder()))


@app.command("import")
def import_command(
    file: Annotated[Path, typer.Argument(help="A .pt file of the authors of CSNLN, PANet or SAN.")],
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="A .safetensors file; the folder of models if none."),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a file.")] = False,
) -> None:
    """Make a weights file of a checkpoint of the networks' authors."""
    from srcli.usecases.models import import_model

    data(str(import_model(file, output, overwrite=overwrite)))


@app.command("export")
def export_command(
    model: Annotated[
        str,
        typer.Argument(
            help="Id, weights file, or file of the hub.", autocompletion=completion.models
        ),
    ],
    output: Annotated[Path, typer.Option("-o", "--output", help="A .onnx file.")],
    kind: Annotated[Format, typer.Option("--format", help="What to make.")] = Format.ONNX,
    ratio: Annotated[
        float | None,
        typer.Option(help="Of a model of any ratio: above 1, at most 2, which it is if none."),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a file.")] = False,
) -> None:
    """Write a model for other runtimes, after comparing it with PyTorch.

    Height, width and batch stay free; a model of any ratio takes the picture already enlarged.
    """
    from srcli.usecases.export import export_model

    del kind  # Typer refuses any other
    made = export_model(model, output, ratio=ratio, overwrite=overwrite)
    data(str(made.path))
    say(f"ONNX operator set {made.opset}")
    for parity in made.parity:
        size = " x ".join(map(str, parity.shape))
        say(f"{size}: differs from PyTorch by at most {parity.difference:.1e}")


@app.command("measure")
def measure_command(
    file: Annotated[Path, typer.Argument(help="A .safetensors file of a preset's network.")],
    model: Annotated[str, typer.Option("--id", help="That it is to have, such as san-light-x2.")],
    trained_on: Annotated[str, typer.Option(help="Pictures, and how they were reduced.")] = "",
    training: Annotated[str, typer.Option(help="Command and hardware that made it.")] = "",
    notes: Annotated[str, typer.Option(help="What a user should know.")] = "",
    purpose: Annotated[
        str,
        typer.Option(
            help="Purpose of the model: clean, photo, drawing, jpeg or noise.",
            autocompletion=completion.purposes,
        ),
    ] = "clean",
    good_for: Annotated[str, typer.Option(help="One sentence: when to choose it.")] = "",
    licence: Annotated[str, typer.Option(help="SPDX name.")] = "MIT",
    dataset: Annotated[
        str, typer.Option(help="By commas; Set5-JPEG40 has its LR pictures compressed.")
    ] = "Set5,Set14,Urban100",
    scale: Annotated[
        str, typer.Option("-s", "--scale", help="Factors, by commas; the model's own if none.")
    ] = "",
    data_dir: Annotated[Path | None, typer.Option(help="Where the data sets are.")] = None,
    store: Annotated[
        Path | None, typer.Option("--resume", help="File of records, to go on from.")
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


@app.command("publish")
def publish_command(
    models: Annotated[
        list[str],
        typer.Argument(
            metavar="MODEL...",
            help="Ids, or .safetensors files.",
            autocompletion=completion.models,
        ),
    ],
    repo: Annotated[
        str, typer.Option(help="Repository of the hub, owner/name; its README.md is replaced.")
    ],
    private: Annotated[bool, typer.Option("--private", help="Make a private one.")] = False,
) -> None:
    """Upload models with their cards to the hub, and print how to use them from there."""
    from srcli.usecases.publish import publish_models

    for file in publish_models(models, repo=repo, private=private):
        data(str(file))


@app.command("remove")
def remove_command(models: Models) -> None:
    """Delete fetched or imported models from this machine."""
    from srcli.usecases.models import remove_model

    for model in models:
        data(f"{model}  {'removed' if remove_model(model) else 'was not here'}")


@app.command("verify")
def verify_command(
    models: Annotated[
        list[str] | None,
        typer.Argument(
            help="Ids; all models on this machine if none.", autocompletion=completion.models
        ),
    ] = None,
) -> None:
    """Compare the weights files with their sha256, and load them."""
    from srcli.usecases.models import verify_models

    verdicts = verify_models(tuple(models or ()))
    for verdict in verdicts:
        data(f"{verdict.id}  {'ok' if verdict.problem is None else 'FAILED'}")
        if verdict.problem is not None:
            errors.show(verdict.problem)
    codes = [verdict.problem.exit_code for verdict in verdicts if verdict.problem]
    if codes:
        raise typer.Exit(max(codes))


def _card_facts(card: WeightCard) -> list[tuple[str, str]]:
    return [
        ("model", card.id),
        *_purpose(card),
        ("scale", card.reach),
        ("parameters", f"{card.parameters:,}"),
        ("cost", _cost(card.kmacs)),
        ("file", f"{card.file}, {card.size:,} bytes"),
        ("sha256", card.sha256),
        ("licence", card.licence),
        ("trained on", card.trained_on),
        ("training", card.training),
        ("notes", card.notes),
        *_measured(card.scores),
        ("measured by", card.bench_command),
    ]


def _source_facts(source: PublishedWeights) -> list[tuple[str, str]]:
    size = f", {source.size:,} bytes" if source.size else ""
    who = source.author or f"the authors of {source.network}"
    facts = [
        ("model", f"{source.id}, as {who} trained it"),
        *_purpose(source),
        ("scale", f"x{source.scale}"),
        ("parameters", f"{source.parameters:,}" if source.parameters else ""),
        ("cost", _cost(source.kmacs) if source.kmacs else ""),
        ("file", source.file + size),
        ("package", f"{source.package} {source.version}".strip()),
        ("needs", "the extra srcli[community]" if source.community else ""),
        ("sha256", source.sha256),
        ("licence", source.licence),
        ("attribution", source.attribution),
        *_measured(source.scores),
    ]
    facts += [("known as", name) for name in source.names]
    facts += [("address", address) for address in source.addresses]
    by_whom = "page" if source.addresses or source.package else "by hand"
    facts += [(by_whom, page) for page in source.pages]
    return [(name, value) for name, value in facts if value]


def _purpose(model: WeightCard | PublishedWeights) -> list[tuple[str, str]]:
    from srcli.usecases.models import PURPOSES

    facts = [("purpose", f"{model.purpose}: {PURPOSES[model.purpose]}")]
    return [*facts, ("good for", model.good_for)] if model.good_for else facts


def _cost(kmacs: float) -> str:
    return f"{kmacs:g} thousand multiply-adds per output pixel and pass"


def _measured(scores: Sequence[Score]) -> list[tuple[str, str]]:
    facts = []
    for score in scores:
        figures = f"PSNR-Y {score.psnr_y:.2f} dB, SSIM-Y {score.ssim_y:.4f}"
        facts.append(("measured", f"{score.dataset} x{score.scale:g}: {figures}"))
    return facts
