"""``srcli models``: list, show, fetch, import, verify and remove models."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from srcli.cli import choices, completion, errors, models_share, shared_options
from srcli.cli.command import Group, add
from srcli.cli.console import data, document, say
from srcli.cli.download import DownloadProgress
from srcli.cli.model_facts import facts_of
from srcli.cli.model_list import emit_models, print_models

LOOK, GET, SHARE = "Look", "Get and remove", "Make and share"

app = typer.Typer(
    cls=Group,
    no_args_is_help=True,
    suggest_commands=False,
    help="List, fetch, check and share the models.",
)

Models = Annotated[
    list[str],
    typer.Argument(
        metavar="MODEL",
        help="Ids of models, or hf:owner/repo/file.safetensors.",
        autocompletion=completion.models,
    ),
]


@add(
    app,
    "list",
    panel=LOOK,
    examples="""
    srcli models list --purpose photo
    srcli models list --community --json
""",
)
def list_command(
    purpose: Annotated[
        choices.Purpose | None, typer.Option(help="List only the models for this purpose.")
    ] = None,
    community: Annotated[
        bool, typer.Option("--community", help="List other people's models as well.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a model.")] = False,
) -> None:
    """List the models by purpose."""
    from srcli.management.models import list_models

    models = list_models(purpose or "", community=community)
    if as_json:
        emit_models(models)
    else:
        print_models(models, sentences=community or bool(purpose))
        if not (community or purpose):
            data("srcli models list --community adds the models of other people.")


@add(
    app,
    "show",
    panel=LOOK,
    examples="""
    srcli models show asdn-fast
    srcli models show mine.safetensors
""",
)
def show_command(
    model: Annotated[
        str,
        typer.Argument(
            metavar="MODEL",
            help="Id of a model, or a weights file.",
            autocompletion=completion.models,
        ),
    ],
    markdown: Annotated[
        bool, typer.Option("--markdown", help="Print the card of the model in Markdown.")
    ] = False,
) -> None:
    """Print all that is known of a model."""
    from srcli.management.models import is_file_name, show_card, show_model

    if markdown or is_file_name(model):
        document(show_card(model).rstrip())
        return
    for name, value in facts_of(show_model(model)):
        data(f"{name:<11} {value}")


@add(
    app,
    "fetch",
    panel=GET,
    examples="""
    srcli models fetch san-x4
    srcli models fetch hf:owner/repo/file.safetensors
""",
)
def fetch_command(
    models: Models,
    offline: Annotated[bool, shared_options.offline()] = False,
    accept_licence: Annotated[
        bool,
        typer.Option(
            "--accept-licence", help="Accept licences that restrict what the models are used for."
        ),
    ] = False,
    keep_original: Annotated[
        bool,
        typer.Option("--keep-original", help="Keep the published file beside the converted one."),
    ] = False,
) -> None:
    """Download models, and print where they are.

    Files of other people are checked and converted to safetensors. Nothing in them is run.
    """
    from srcli.management.models import fetch_model

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


@add(app, "path", panel=LOOK)
def path_command(
    model: Annotated[
        str,
        typer.Argument(
            metavar="MODEL",
            help="Id of a model. Default: the folder of imported models.",
            autocompletion=completion.models,
        ),
    ] = "",
) -> None:
    """Print where the verified file of a model is, without fetching it."""
    from srcli.management.models import model_path, models_folder

    data(str(model_path(model) if model else models_folder()))


@add(
    app,
    "import",
    panel=GET,
    examples="""
    srcli models import SAN_BIX2.pt
    srcli models import edsr-baseline-liif.pth --scale 3
""",
)
def import_command(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help="A .pt or .pth file that the authors of a network published."
        ),
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            metavar="FILE",
            help="Write this .safetensors file. Default: a file in the folder of models.",
        ),
    ] = None,
    scale: Annotated[
        int | None,
        typer.Option(
            metavar="S",
            min=1,
            help="Import the weights of this scale, from a file that holds several. Default: the "
            "largest.",
        ),
    ] = None,
    overwrite: Annotated[bool, shared_options.overwrite()] = False,
) -> None:
    """Convert a checkpoint of a network's authors to a weights file."""
    from srcli.management.models import import_model

    data(str(import_model(file, output, scale=scale, overwrite=overwrite)))


@add(app, "remove", panel=GET)
def remove_command(models: Models) -> None:
    """Delete fetched or imported models from this machine."""
    from srcli.management.models import remove_model

    for model in models:
        data(f"{model}  {'removed' if remove_model(model) else 'was not here'}")


@add(app, "verify", panel=LOOK)
def verify_command(
    models: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="MODEL",
            help="Ids of models. Default: all models on this machine.",
            autocompletion=completion.models,
        ),
    ] = None,
) -> None:
    """Compare weights files with their sha256, and load them."""
    from srcli.management.models import verify_models

    verdicts = verify_models(tuple(models or ()))
    for verdict in verdicts:
        data(f"{verdict.id}  {'ok' if verdict.problem is None else 'FAILED'}")
        if verdict.problem is not None:
            errors.show(verdict.problem)
    codes = [verdict.problem.exit_code for verdict in verdicts if verdict.problem]
    if codes:
        raise typer.Exit(max(codes))


add(app, "export", panel=SHARE, examples=models_share.EXPORTS)(models_share.export_command)
add(app, "measure", panel=SHARE, examples=models_share.MEASURES)(models_share.measure_command)
add(app, "publish", panel=SHARE, examples=models_share.PUBLISHES)(models_share.publish_command)
