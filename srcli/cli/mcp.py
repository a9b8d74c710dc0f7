"""``srcli mcp``."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from srcli.cli import shared_options
from srcli.cli.command import USUAL
from srcli.cli.extras import need

_usual = partial(typer.Option, rich_help_panel=USUAL)

EXAMPLES = """
    srcli mcp --allow ~/Pictures
"""


def mcp_command(
    allow: Annotated[
        list[Path],
        _usual(
            metavar="FOLDER",
            help="Read pictures from this folder and write results to it, and to folders below. "
            "Repeat it for several.",
        ),
    ],
    device: Annotated[
        str,
        shared_options.device(rich_help_panel=USUAL),
    ] = "auto",
) -> None:
    """Offer tools to agents, by the Model Context Protocol on the standard streams."""
    need("mcp", command="mcp")
    from srcli.serve.tools import serve_tools

    serve_tools(allow, device)
