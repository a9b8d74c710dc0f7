"""``srcli upscale``."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.markup import escape

from srcli.cli import errors
from srcli.cli.console import data, talk
from srcli.cli.progress import BarProgress

DEFAULT_SCALE = "2"


def upscale_command(
    inputs: Annotated[
        list[str], typer.Argument(metavar="INPUT...", help="Pictures, folders or globs.")
    ],
    output: Annotated[
        str,
        typer.Option("-o", "--output", help="File or folder; beside each input by default."),
    ] = "",
    scale: Annotated[
        str | None,
        typer.Option("-s", "--scale", help="Factor, such as 2.7, or 2.7x1.5 for width by height."),
    ] = None,
    width: Annotated[int | None, typer.Option(help="Width of the result, in pixels.")] = None,
    height: Annotated[int | None, typer.Option(help="Height of the result, in pixels.")] = None,
    model: Annotated[
        str, typer.Option("-m", "--model", help="Id of a model, or a .safetensors file.")
    ] = "asdn-fast",
    tile: Annotated[
        int | None,
        typer.Option(
            "-t", "--tile", min=32, help="Side of a tile, in pixels; smaller saves memory."
        ),
    ] = None,
    device: Annotated[
        str, typer.Option("-d", "--device", help="auto, cpu, cuda, cuda:1 or mps.")
    ] = "auto",
    ensemble: Annotated[
        bool,
        typer.Option("-x", "--ensemble", help="Average eight symmetries: slower, a bit better."),
    ] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace existing files.")] = False,
) -> None:
    """Make pictures larger, by any factor (2 if no size is asked for)."""
    from srcli.usecases.sizes import SizeRequest, parse_scale
    from srcli.usecases.upscale import Failed, UpscaleRequest, upscale

    if scale is None and width is None and height is None:
        scale = DEFAULT_SCALE
    size = SizeRequest(
        scale=None if scale is None else parse_scale(scale), width=width, height=height
    )
    request = UpscaleRequest(
        inputs=tuple(inputs),
        output=output,
        size=size,
        model=model,
        tile=tile,
        device=device,
        ensemble=ensemble,
        overwrite=overwrite,
    )
    codes = set()
    with BarProgress() as progress:
        for outcome in upscale(request, progress):
            if isinstance(outcome, Failed):
                errors.show(outcome.error)
                codes.add(errors.exit_code(outcome.error))
                continue
            data(str(outcome.output))
            before, after = outcome.source_size, outcome.size
            talk.print(
                f"[dim]{escape(outcome.source.name)}: {before[1]}x{before[0]} to "
                f"{after[1]}x{after[0]} in {outcome.seconds:.1f} s[/]"
            )
    if codes:
        raise typer.Exit(max(codes))
