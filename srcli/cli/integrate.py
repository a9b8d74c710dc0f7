"""``srcli integrate``."""

from __future__ import annotations

from typing import Annotated, cast

import typer
from typer.core import TyperGroup

from srcli import __version__
from srcli.cli import choices
from srcli.cli.console import data, say

EXAMPLES = """
    srcli integrate nautilus
    srcli integrate nautilus --remove
    srcli integrate man
"""


def integrate_command(
    context: typer.Context,
    place: Annotated[
        choices.Place,
        typer.Argument(
            metavar="PLACE",
            help="The menu of nautilus, dolphin or finder, or man for a manual page.",
        ),
    ],
    remove: Annotated[
        bool, typer.Option("--remove", help="Remove what was written for the place, and no more.")
    ] = False,
) -> None:
    """Put srcli into the menu of a file manager, or its manual page where man looks.

    Only files of your own account are written. Their paths are printed. Run it again after you
    have moved the installation.
    """
    from srcli.cli.manual import manual_page
    from srcli.management.integrate import disintegrate, integrate

    if remove:
        removed = disintegrate(place)
        if not removed:
            say("There was nothing to remove.")
        paths = removed
    else:
        root = cast("TyperGroup", context.find_root().command)
        paths = integrate(place, manual=lambda: manual_page(root, __version__))
    for path in paths:
        data(str(path))
