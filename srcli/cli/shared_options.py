"""Options that several commands have, each in the panel where a command lists it."""

from __future__ import annotations

from functools import partial

import typer

from srcli.cli import completion

device = partial(
    typer.Option,
    "-d",
    "--device",
    metavar="NAME",
    help="Run on this device: auto, cpu, cuda, cuda:1 or mps.",
    autocompletion=completion.devices,
)
tile = partial(
    typer.Option,
    "-t",
    "--tile",
    min=32,
    metavar="PIXELS",
    help="Work on tiles of this side. Smaller tiles need less memory. Default: as large as fits.",
)
ensemble = partial(
    typer.Option,
    "-x",
    "--ensemble",
    help="Average the results for eight symmetries. This is eight times the work and slightly "
    "better.",
)
official_tiles = partial(
    typer.Option,
    "--official-tiles",
    help="Cut pictures into the tiles that the network's authors used.",
)
no_fetch = partial(typer.Option, "--offline", help="Never fetch a model from the network.")
offline = partial(typer.Option, "--offline", help="Never use the network.")
overwrite = partial(typer.Option, "--overwrite", help="Replace files that exist already.")
data_dir = partial(
    typer.Option,
    "--data-dir",
    metavar="FOLDER",
    help="Look for the data sets in here. Default: SRCLI_DATA_DIR, the cache, the hub.",
)
store = partial(
    typer.Option,
    "--resume",
    metavar="FILE",
    help="Keep each figure in this file, and measure only those that it lacks.",
)
