"""The ``srcli`` command."""

from __future__ import annotations

import sys
import traceback
from typing import Annotated, NoReturn

import typer
from typer.exceptions import TyperException

from srcli import __version__
from srcli.cli import (
    ablate,
    bench,
    compare,
    doctor,
    errors,
    integrate,
    manifest,
    mcp,
    models,
    serve,
    train,
    upscale,
)
from srcli.cli.command import Group, add
from srcli.cli.console import data, telling
from srcli.cli.defaults import start_from_settings
from srcli.cli.outlet import outlets
from srcli.cli.upscale_options import EXAMPLES
from srcli.cli.usage import as_usage_error, is_answered
from srcli.errors import DiskFull, SrcliError, UsageError, is_disk_full

app = typer.Typer(
    name="srcli",
    cls=Group,
    no_args_is_help=True,
    suggest_commands=False,  # ours are in srcli.spelling
    pretty_exceptions_enable=False,
    epilog="Run `srcli COMMAND --help` for the options of a command.",
    context_settings={"help_option_names": ["-h", "--help"]},
)
add(app, "upscale", examples=EXAMPLES)(upscale.upscale_command)
add(app, "bench", examples=bench.EXAMPLES)(bench.bench_command)
add(app, "compare", examples=compare.EXAMPLES)(compare.compare_command)
add(app, "train", examples=train.EXAMPLES)(train.train_command)
add(app, "ablate", examples=ablate.EXAMPLES)(ablate.ablate_command)
app.add_typer(models.app, name="models")
app.add_typer(manifest.app, name="manifest")
add(app, "serve", examples=serve.EXAMPLES)(serve.serve_command)
add(app, "mcp", examples=mcp.EXAMPLES)(mcp.mcp_command)
add(app, "doctor")(doctor.doctor_command)
add(app, "integrate", examples=integrate.EXAMPLES)(integrate.integrate_command)


def _version(value: bool) -> None:
    if value:
        data(f"srcli {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    context: typer.Context,
    version: Annotated[
        bool,
        typer.Option(
            "-V", "--version", callback=_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    """Make pictures larger, by any factor, with trained networks."""
    del version  # its callback has printed it
    start_from_settings(context)


def main() -> None:
    """Run the command line; expected failures become one sentence and an exit code."""
    with outlets(), telling():
        try:
            sys.exit(app(standalone_mode=False))
        except SrcliError as error:
            _leave(error)
        except TyperException as error:
            if is_answered(error):
                sys.exit(UsageError.exit_code)
            _leave(as_usage_error(error))
        except Exception as error:  # noqa: BLE001 - a bug, unless the disk is full
            if isinstance(error, OSError) and is_disk_full(error):
                message = f"{error.filename or 'a file'} cannot be written: the disk is full."
                _leave(DiskFull(message, hint="Free some space."))
            traceback.print_exc()  # through the guarded stream
            sys.exit(errors.BUG)


def _leave(error: SrcliError) -> NoReturn:
    errors.show(error)
    sys.exit(error.exit_code)
