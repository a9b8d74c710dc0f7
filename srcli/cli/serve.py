"""``srcli serve``."""

from __future__ import annotations

import webbrowser
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from srcli.cli import shared_options
from srcli.cli.command import USUAL
from srcli.cli.console import data, say
from srcli.cli.extras import need

_address = partial(typer.Option, rich_help_panel="Address")
_limits = partial(typer.Option, rich_help_panel="Limits")
_usual = partial(typer.Option, rich_help_panel=USUAL)

EXAMPLES = """
    srcli serve --open
    srcli serve --port 9000 --max-megabytes 20
    srcli serve --host 0.0.0.0 --token-file token.txt
"""


def serve_command(
    device: Annotated[
        str,
        shared_options.device(rich_help_panel=USUAL),
    ] = "auto",
    open_page: Annotated[bool, _usual("--open", help="Open the page in the browser.")] = False,
    host: Annotated[
        str,
        _address(
            metavar="NAME",
            help="Listen at this name or address. Every other one than that of this machine "
            "itself needs a token.",
        ),
    ] = "127.0.0.1",
    port: Annotated[
        int, _address(min=0, max=65535, help="Listen at this port, or at a free one for 0.")
    ] = 8000,
    token_file: Annotated[
        Path | None,
        _address(
            metavar="FILE",
            help="Ask for the token in this file. Default: a new one where one is needed.",
        ),
    ] = None,
    allow_host: Annotated[
        list[str] | None,
        _address(
            metavar="NAME",
            help="Answer requests for this host too. Repeat it for several.",
        ),
    ] = None,
    max_megabytes: Annotated[
        int, _limits(min=1, metavar="MB", help="Refuse files that are larger.")
    ] = 100,
    max_pixels: Annotated[
        int, _limits(min=1, metavar="COUNT", help="Refuse pictures of more pixels.")
    ] = 100_000_000,
    max_result_pixels: Annotated[
        int, _limits(min=1, metavar="COUNT", help="Refuse results of more pixels.")
    ] = 400_000_000,
    max_jobs: Annotated[int, _limits(min=1, max=500, help="Keep at most so many pictures.")] = 200,
    keep_minutes: Annotated[
        float,
        _limits(min=0.1, metavar="MINUTES", help="Forget finished pictures after this time."),
    ] = 60.0,
) -> None:
    """Serve a page on this machine that makes pictures larger, and the jobs behind it."""
    need("fastapi", "uvicorn", command="serve")
    from srcli.serve.limits import MEGA, Limits
    from srcli.serve.server import Running, ServeRequest, serve

    request = ServeRequest(
        host=host,
        port=port,
        device=device,
        token_file=token_file,
        names=tuple(allow_host or ()),
        limits=Limits(
            file_bytes=max_megabytes * MEGA,
            pixels=max_pixels,
            result_pixels=max_result_pixels,
            jobs=max_jobs,
            keep_seconds=60 * keep_minutes,
        ),
    )

    def started(running: Running) -> None:
        data(running.address)
        say("Press Ctrl-C to stop.")
        if open_page:
            webbrowser.open(running.address)

    serve(request, started)
