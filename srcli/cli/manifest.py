"""``srcli manifest``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from srcli.cli.command import Group, add
from srcli.cli.console import data, say
from srcli.cli.errors import DONE
from srcli.errors import ImageError
from srcli.files.objects.address import is_object

app = typer.Typer(
    cls=Group,
    no_args_is_help=True,
    help="Look at the record of a folder of results, check it, shrink it, or join several.",
)
SHOWS = "srcli manifest show out/"
VERIFIES = "srcli manifest verify out/"
MERGES = "srcli manifest merge out/ node1/ node2/"
VACUUMS = "srcli manifest vacuum out/"
Folder = Annotated[
    str,
    typer.Argument(metavar="FOLDER", help="A folder that results went to, or s3://BUCKET/FOLDER."),
]


@add(app, "show", examples=SHOWS)
def show_command(folder: Folder) -> None:
    """Print how many pictures were done, and which ones failed and why."""
    from srcli.usecases.manifest import show_manifest

    summary = show_manifest(folder)
    for failure in summary.failures:
        data(f"{failure.source}: {failure.message}")
    counts = ", ".join(f"{count} {state}" for state, count in sorted(summary.states.items()))
    say(f"{counts or 'nothing'} in {folder}; results took {summary.seconds:.1f} s")
    if is_object(folder):
        say(f"the record of this machine is in {summary.place}")


@add(app, "verify", examples=VERIFIES)
def verify_command(folder: Folder) -> None:
    """Compare results with their recorded hashes, and print those that differ.

    Of objects in a bucket the recorded ETags are compared, and nothing is read.
    """
    from srcli.usecases.manifest import verify_manifest

    right = wrong = 0
    for checked in verify_manifest(folder):
        if checked.problem:
            wrong += 1
            data(f"{checked.output} {checked.problem}")
        else:
            right += 1
    say(f"{right} as recorded, {wrong} not")
    raise typer.Exit(ImageError.exit_code if wrong else DONE)


@add(app, "merge", examples=MERGES)
def merge_command(
    folder: Annotated[
        str,
        typer.Argument(
            metavar="FOLDER", help="The folder that all results are in, or s3://BUCKET/FOLDER."
        ),
    ],
    others: Annotated[
        list[Path], typer.Argument(metavar="OTHER...", help="Folders with records to be joined.")
    ],
) -> None:
    """Join the records of several folders or machines, whose results are in one folder.

    A result counts as done if the very file or object that was recorded is there.
    """
    from srcli.usecases.manifest import merge

    merged = merge(folder, others)
    say(f"{merged.taken} taken over, {merged.known} known already, {merged.missing} missing")
    raise typer.Exit(ImageError.exit_code if merged.missing else DONE)


@add(app, "vacuum", examples=VACUUMS)
def vacuum_command(folder: Folder) -> None:
    """Forget results that are not there any more, and make the record as small as the rest.

    No result is changed. A run that is at work in the folder is told, and nothing is done.
    """
    from srcli.usecases.manifest import vacuum

    done = vacuum(folder)
    before, after = (size / 1e6 for size in (done.before, done.after))
    say(f"{done.forgotten} forgotten; the record has {after:.2f} MB, before {before:.2f} MB")
