"""``srcli models``: which models there are, and whether their files are sound."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from srcli.cli import errors
from srcli.cli.console import data, talk

app = typer.Typer(no_args_is_help=True, help="List, describe and check the models.")


@app.command("list")
def list_command() -> None:
    """List the models."""
    from srcli.usecases.models import DEFAULT_MODEL, list_models

    table = Table(box=None, pad_edge=False)
    for head in ("MODEL", "SCALE", "PARAMETERS", "SIZE", "SET5 X2 DB"):
        table.add_column(head, justify="left" if head == "MODEL" else "right", no_wrap=True)
    for card in list_models():
        found = {(score.dataset, score.scale): score.psnr_y for score in card.scores}
        name = f"{card.id} (default)" if card.id == DEFAULT_MODEL else card.id
        scale = "any" if card.scale is None else f"x{card.scale}"
        quality = found.get(("Set5", 2.0))
        size = f"{card.size / 1e6:.1f} MB"
        shown = "" if quality is None else f"{quality:.2f}"
        table.add_row(name, scale, f"{card.parameters:,}", size, shown)
    Console(highlight=False).print(table)


@app.command("show")
def show_command(model: Annotated[str, typer.Argument(help="Id of a model.")]) -> None:
    """Print all that is known of a model."""
    from srcli.usecases.models import show_model

    card = show_model(model)
    scale = "any" if card.scale is None else f"x{card.scale}"
    for name, value in (
        ("model", card.id),
        ("scale", scale),
        ("parameters", f"{card.parameters:,}"),
        ("cost", f"{card.kmacs:g} thousand multiply-adds per output pixel and pass"),
        ("file", f"{card.file}, {card.size:,} bytes"),
        ("sha256", card.sha256),
        ("licence", card.licence),
        ("trained on", card.trained_on),
        ("training", card.training),
        ("notes", card.notes),
    ):
        data(f"{name:<11} {value}")
    for score in card.scores:
        measured = f"PSNR-Y {score.psnr_y:.2f} dB, SSIM-Y {score.ssim_y:.4f}"
        data(f"{'measured':<11} {score.dataset} x{score.scale:g}: {measured}")


@app.command("verify")
def verify_command(
    models: Annotated[list[str] | None, typer.Argument(help="Ids; all models if none.")] = None,
) -> None:
    """Compare the weights files with their sha256, and load them."""
    from srcli.usecases.models import verify_models

    verdicts = verify_models(tuple(models or ()))
    for verdict in verdicts:
        data(f"{verdict.id}  {'ok' if verdict.problem is None else 'FAILED'}")
        if verdict.problem is not None:
            errors.show(verdict.problem)
    if any(verdict.problem for verdict in verdicts):
        talk.print("install srcli again to restore its models")
        raise typer.Exit(errors.WEIGHTS)
