"""``srcli compare``."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from srcli.cli.console import data, say
from srcli.cli.events import emit
from srcli.cli.table import show_table

if TYPE_CHECKING:
    from srcli.usecases.compare import CompareResult


def compare_command(
    pictures: Annotated[
        list[Path], typer.Argument(metavar="PICTURE...", help="Two or more, of one size.")
    ],
    reference: Annotated[
        Path | None, typer.Option("-r", "--reference", help="What they should look like.")
    ] = None,
    page: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="Write an HTML page with a slider to this file."),
    ] = None,
    difference: Annotated[
        Path | None,
        typer.Option(help="Write a picture of where the first two differ to this file."),
    ] = None,
    shave: Annotated[
        int, typer.Option(min=0, help="Pixels of each border that the numbers leave out.")
    ] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace files.")] = False,
) -> None:
    """Compare pictures, in numbers and for the eye: the first with each other one."""
    from srcli.usecases.compare import CompareRequest, compare_files

    compared = compare_files(
        CompareRequest(
            pictures=tuple(pictures),
            reference=reference,
            page=page,
            difference=difference,
            shave=shave,
            overwrite=overwrite,
        )
    )
    if as_json:
        _emit(compared)
        return
    show_table(compared.table)
    if compared.full_scale is not None:
        say(f"the brightest colour of {difference} stands for {compared.full_scale} levels")
    for path in compared.written:
        data(str(path))


def _emit(compared: CompareResult) -> None:
    """Print the numbers as one event."""
    from srcli.report.formats import json_value

    pairs = json_value([asdict(one) for one in compared.likenesses])
    written = [str(path) for path in compared.written]
    emit("compared", pairs=pairs, full_scale=compared.full_scale, written=written)
