"""The ``srcli`` command."""

from __future__ import annotations

import sys
import traceback
from typing import Annotated, NoReturn

import typer

from srcli import __version__
from srcli.cli import bench, compare, doctor, errors, models, train, upscale
from srcli.cli.console import data, telling
from srcli.cli.defaults import start_from_settings
from srcli.cli.outlet import outlets
from srcli.errors import DiskFull, SrcliError, is_disk_full

app = typer.Typer(
    name="srcli",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("upscale")(upscale.upscale_command)
app.command("bench")(bench.bench_command)
app.command("compare")(compare.compare_command)
app.command("train")(train.train_command)
app.add_typer(models.app, name="models")
app.command("doctor")(doctor.doctor_command)


def _version(value: bool) -> None:
    if value:
        data(f"srcli {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Make pictures larger, by any factor, with trained networks."""
    del version  # its callback has printed it
    start_from_settings(context)


def main() -> None:
    """Run the command line; expected failures become one sentence and an exit code."""
    with outlets(), telling():
        try:
            app()
        except SrcliError as error:
            _leave(error)
        except Exception as error:  # noqa: BLE001 - a bug, unless the disk is full
            if isinstance(error, OSError) and is_disk_full(error):
                message = f"{error.filename or 'a file'} cannot be written: the disk is full"
                _leave(DiskFull(message, hint="free some space"))
            traceback.print_exc()  # through the guarded stream
            sys.exit(errors.BUG)


def _leave(error: SrcliError) -> NoReturn:
    errors.show(error)
    sys.exit(error.exit_code)
