"""``srcli compare``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from srcli.cli import completion, shared_options
from srcli.cli.console import data, say
from srcli.cli.defaults import is_typed
from srcli.cli.events import emit
from srcli.cli.measuring import status_line
from srcli.cli.table import show_table
from srcli.errors import UsageError

if TYPE_CHECKING:
    from srcli.usecases.compare import CompareResult
    from srcli.usecases.compare_models import ModelsRequest

DEFAULT_SCALE = "2"

_measured = partial(typer.Option, rich_help_panel="What is compared")
_models = partial(typer.Option, rich_help_panel="Models on one picture")
_output = partial(typer.Option, rich_help_panel="Output")


EXAMPLES = """
    srcli compare large.png other.png
    srcli compare large.png other.png --reference original.png -o page.html
    srcli compare photo.jpg --models asdn-fast,auto --scale 2
"""


def compare_command(
    context: typer.Context,
    pictures: Annotated[
        list[Path],
        typer.Argument(
            metavar="PICTURE...",
            help="Two or more pictures of one shape, or one picture and --models. Smaller "
            "pictures are enlarged with bicubic interpolation.",
        ),
    ],
    reference: Annotated[
        Path | None,
        _measured(
            "-r",
            "--reference",
            metavar="FILE",
            help="Compare every picture with this one too, which they should look like.",
        ),
    ] = None,
    shave: Annotated[
        int,
        _measured(
            min=0, metavar="PIXELS", help="Leave so many pixels of each border out of the figures."
        ),
    ] = 0,
    models: Annotated[
        str,
        _models(
            "-m",
            "--models",
            metavar="IDS",
            help="Enlarge the picture with these models, joined by commas, and compare the "
            "results on a page.",
            autocompletion=completion.upscale_models,
        ),
    ] = "",
    scale: Annotated[
        str | None,
        _models(
            "-s",
            "--scale",
            metavar="FACTOR",
            help="Enlarge by this factor, such as 2.7. Default: 2.",
        ),
    ] = None,
    device: Annotated[
        str,
        shared_options.device(rich_help_panel="Models on one picture"),
    ] = "auto",
    offline: Annotated[
        bool, shared_options.no_fetch(rich_help_panel="Models on one picture")
    ] = False,
    page: Annotated[
        Path | None,
        _output(
            "-o",
            "--output",
            metavar="FILE",
            help="Write an HTML page with a slider between the pictures to this file. "
            "Default: beside the picture if --models are named, else no page.",
        ),
    ] = None,
    difference: Annotated[
        Path | None,
        _output(metavar="FILE", help="Write a picture of where the first two differ to this file."),
    ] = None,
    overwrite: Annotated[bool, shared_options.overwrite(rich_help_panel="Output")] = False,
    as_json: Annotated[bool, _output("--json", help="Print one JSON object.")] = False,
) -> None:
    """Compare the first picture with each other one, in figures and for the eye.

    With --models, one picture is enlarged with several models, and with bicubic interpolation.
    """
    from srcli.usecases.compare import CompareRequest, compare_files

    names = _model_names(context, pictures, models)
    by_models = _models_request(pictures[0], names, scale, device, offline) if names else None
    with _enlarging_status() as on_model:
        result = compare_files(
            CompareRequest(
                pictures=() if by_models else tuple(pictures),
                models=by_models,
                reference=reference,
                page=by_models.page if by_models and page is None else page,
                difference=difference,
                shave=shave,
                overwrite=overwrite,
            ),
            on_model,
        )
    if as_json:
        _emit(result)
        return
    for table in result.tables:
        show_table(table)
    if result.full_scale is not None:
        say(f"The brightest colour of {difference} stands for {result.full_scale} levels.")
    for path in result.written:
        data(str(path))


def _model_names(context: typer.Context, pictures: list[Path], models: str) -> tuple[str, ...]:
    """Return the models that enlarge the only picture; none if there are several pictures.

    Raises:
        UsageError: flags were typed that have no meaning together, or a model is named twice.

    """
    names = tuple(part.strip() for part in models.split(",") if part.strip())
    if not names and is_typed(context, "scale"):
        msg = "The option --scale is for models, and none is named."
        raise UsageError(msg, hint="Name models with --models, or leave out --scale.")
    if names and len(pictures) > 1 and is_typed(context, "models"):
        msg = f"Models are compared on one picture, not on {len(pictures)}."
        raise UsageError(msg, hint="Name one picture, or leave out --models.")
    if len(set(names)) != len(names):
        msg = "A model is named twice."
        raise UsageError(msg)
    return names if len(pictures) == 1 else ()


def _models_request(
    picture: Path, models: tuple[str, ...], scale: str | None, device: str, offline: bool
) -> ModelsRequest:
    from srcli.pipeline.sizes import SizeRequest, parse_scale
    from srcli.usecases.compare_models import ModelsRequest

    return ModelsRequest(
        picture=picture,
        models=models,
        size=SizeRequest(scale=parse_scale(scale or DEFAULT_SCALE)),
        device=device,
        offline=offline,
    )


@contextmanager
def _enlarging_status() -> Iterator[Callable[[str], None]]:
    """Show which model runs, on the last line of the terminal."""
    with status_line("comparing") as show:
        yield lambda model: show(f"enlarging with {model}")


def _emit(result: CompareResult) -> None:
    """Print the figures as one event."""
    from srcli.report.formats import json_value

    comparison = result.comparison
    enlarged = [
        {"picture": image.name, **asdict(image.enlargement)}
        for image in comparison.pictures
        if image.enlargement
    ]
    for one in enlarged:
        height, width = one["source_size"]
        one["source_size"] = {"height": height, "width": width}
    emit(
        "compared",
        pairs=json_value([asdict(one) for one in comparison.likenesses]),
        enlarged=enlarged,
        full_scale=result.full_scale,
        written=[str(path) for path in result.written],
    )
