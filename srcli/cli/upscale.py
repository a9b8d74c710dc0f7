"""``srcli upscale``."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from srcli.cli import completion, console
from srcli.cli.console import verbose
from srcli.cli.defaults import drop_overruled
from srcli.cli.events import JsonReporter
from srcli.cli.plan import print_plan
from srcli.cli.progress import TextReporter
from srcli.errors import ImageError, ResourceError, UsageError
from srcli.images.rules import DEFAULT_RULES, ReadRules

if TYPE_CHECKING:
    from srcli.batch.outcome import Outcome
    from srcli.usecases.sizes import SizeRequest
    from srcli.usecases.upscale_request import UpscaleRequest

DEFAULT_SCALE = "2"
Reporter = TextReporter | JsonReporter


class LargeEnough(StrEnum):
    """What becomes of pictures that have the size asked for."""

    SKIP = "skip"
    COPY = "copy"
    SHRINK = "shrink"


class HiddenAlpha(StrEnum):
    """What becomes of colours under fully transparent pixels."""

    BLEED = "bleed"
    KEEP = "keep"


class Wrap(StrEnum):
    """Which borders of a picture meet."""

    X = "x"
    Y = "y"
    XY = "xy"


def upscale_command(
    context: typer.Context,
    inputs: Annotated[
        list[str] | None,
        typer.Argument(metavar="INPUT...", help="Pictures, folders or globs; - for a pipe."),
    ] = None,
    output: Annotated[
        str,
        typer.Option(
            "-o", "--output", help="File, folder or - for a pipe; beside each input by default."
        ),
    ] = "",
    scale: Annotated[
        str | None,
        typer.Option("-s", "--scale", help="Factor, such as 2.7, or 2.7x1.5 for width by height."),
    ] = None,
    width: Annotated[int | None, typer.Option(help="Width of the result, in pixels.")] = None,
    height: Annotated[int | None, typer.Option(help="Height of the result, in pixels.")] = None,
    long_side: Annotated[int | None, typer.Option(help="Its longer side, in pixels.")] = None,
    short_side: Annotated[int | None, typer.Option(help="Its shorter side, in pixels.")] = None,
    megapixels: Annotated[float | None, typer.Option(help="Its size in megapixels.")] = None,
    fit: Annotated[
        str | None, typer.Option(metavar="WxH", help="Largest size within a box, in pixels.")
    ] = None,
    if_large_enough: Annotated[
        LargeEnough, typer.Option(help="What to do with pictures that have that size already.")
    ] = LargeEnough.SHRINK,
    from_file: Annotated[
        Path | None, typer.Option(help="Text file that names more inputs, one a line.")
    ] = None,
    name: Annotated[
        str,
        typer.Option(help="Names of results, of {stem}, {scale} and {model}, unless -o names it."),
    ] = "{stem}_{scale}",
    format_name: Annotated[
        str,
        typer.Option(
            "-f",
            "--format",
            help="Unless -o names a file: png, jpg, webp, avif, jxl, tiff, bmp, gif; as it was.",
            autocompletion=completion.formats,
        ),
    ] = "",
    quality: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=100,
            help="Of JPEG, AVIF, WebP and JXL (100: lossless). Default: 95, or lossless as it was.",
        ),
    ] = None,
    strip_metadata: Annotated[
        bool,
        typer.Option("--strip-metadata", help="Leave EXIF, XMP, IPTC, comments and texts behind."),
    ] = False,
    strip_gps: Annotated[
        bool, typer.Option("--strip-gps", help="Leave behind where it was taken.")
    ] = False,
    depth: Annotated[
        int | None, typer.Option(help="Bits per sample of results, 8 or 16; as it was.")
    ] = None,
    background: Annotated[
        str | None,
        typer.Option(
            metavar="COLOR", help="Put transparent pictures on it: white, #ff8800, and so on."
        ),
    ] = None,
    alpha: Annotated[
        HiddenAlpha,
        typer.Option(
            help="Colours under transparent pixels: bleed replaces them by those around, for "
            "pictures; keep enlarges them as they are, for game textures and masks."
        ),
    ] = HiddenAlpha.BLEED,
    model: Annotated[
        str,
        typer.Option(
            "-m",
            "--model",
            help="auto; or an id, weights file, hf:owner/repo/file, nearest, bicubic, lanczos.",
            autocompletion=completion.upscale_models,
        ),
    ] = "auto",
    guard: Annotated[
        bool | None, typer.Option(help="Keep each sample between its source pixels. Default: auto.")
    ] = None,
    tile: Annotated[
        int | None,
        typer.Option(
            "-t", "--tile", min=32, help="Side of a tile, in pixels; smaller saves memory."
        ),
    ] = None,
    device: Annotated[
        str,
        typer.Option(
            "-d",
            "--device",
            help="auto, cpu, cuda, cuda:1 or mps.",
            autocompletion=completion.devices,
        ),
    ] = "auto",
    precision: Annotated[
        str,
        typer.Option(
            help="float32; bfloat16 or float16 are faster where built in.",
            autocompletion=completion.precisions,
        ),
    ] = "float32",
    ensemble: Annotated[
        bool,
        typer.Option("-x", "--ensemble", help="Average eight symmetries: slower, a bit better."),
    ] = False,
    official_tiles: Annotated[
        bool, typer.Option("--official-tiles", help="Cut as the network's authors did.")
    ] = False,
    wrap: Annotated[
        Wrap | None,
        typer.Option(help="Borders that meet, of panoramas (x) and textures (xy)."),
    ] = None,
    offline: Annotated[bool, typer.Option("--offline", help="Do not fetch a model.")] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace files that are not yet what is asked for.")
    ] = False,
    shard: Annotated[
        str, typer.Option(metavar="I/N", help="Make only the I-th of N parts, such as 1/4.")
    ] = "",
    fail_fast: Annotated[
        bool, typer.Option("--fail-fast", help="Stop at the first picture that fails.")
    ] = False,
    max_pixels: Annotated[
        int,
        typer.Option(min=1, help="Refuse pictures of more pixels, all frames counted together."),
    ] = DEFAULT_RULES.pixel_limit,
    max_frames: Annotated[
        int, typer.Option(min=1, help="Refuse animations of more frames.")
    ] = DEFAULT_RULES.frame_limit,
    max_parts: Annotated[
        int, typer.Option(min=1, help="Refuse files of more chunks, segments, blocks or strips.")
    ] = DEFAULT_RULES.part_limit,
    allow_damaged: Annotated[
        bool,
        typer.Option(
            "--allow-damaged",
            help="Make what there is of a picture that lacks data, with a warning.",
        ),
    ] = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Go on with what appears in folders, until Ctrl-C.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print what would be done, and write nothing.")
    ] = False,
    print0: Annotated[
        bool,
        typer.Option("--print0", help="End each path on stdout with a NUL byte, for xargs -0."),
    ] = False,
    json: Annotated[
        bool, typer.Option("--json", help="Print events to stdout, one JSON object a line.")
    ] = False,
    quiet: Annotated[
        bool, typer.Option("-q", "--quiet", help="Print errors and results, nothing else.")
    ] = False,
    talkative: Annotated[
        bool,
        typer.Option(
            "-v", "--verbose", help="Tell which networks make each picture, and why one fails."
        ),
    ] = False,
) -> None:
    """Make pictures larger, by any factor (2 if no size is asked for).

    Results that go into one folder are recorded there: run the same command again to go on
    where it was stopped, or beside itself to share the work.
    """
    from srcli.usecases.stream import PIPE, is_stream
    from srcli.usecases.upscale import plan, upscale
    from srcli.usecases.upscale_request import UpscaleRequest, make_finish, parse_shard, read_list
    from srcli.usecases.watch import watch_folders

    size = _size(
        drop_overruled(
            context,
            {
                "scale": scale,
                "width": width,
                "height": height,
                "long_side": long_side,
                "short_side": short_side,
                "megapixels": megapixels,
                "fit": fit,
            },
        )
    )
    request = UpscaleRequest(
        inputs=(*(inputs or ()), *(read_list(from_file) if from_file else ())),
        size=size,
        if_large_enough=if_large_enough.value,
        output=output,
        template=name,
        suffix=f".{format_name.lower()}" if format_name else "",
        quality=quality,
        finish=make_finish(
            strip_metadata=strip_metadata,
            strip_gps=strip_gps,
            depth=depth,
            background=background,
        ),
        alpha=alpha.value,
        model=model,
        guard=guard,
        tile=tile,
        device=device,
        precision=precision,
        ensemble=ensemble,
        official_tiles=official_tiles,
        wrap=wrap.value if wrap else None,
        offline=offline,
        overwrite=overwrite,
        shard=parse_shard(shard),
        fail_fast=fail_fast,
        rules=ReadRules(
            pixel_limit=max_pixels,
            frame_limit=max_frames,
            part_limit=max_parts,
            allow_damaged=allow_damaged,
        ),
    )
    streamed = is_stream(request)
    if watch and (streamed or dry_run):
        msg = "a pipe or a plan cannot be watched"
        raise UsageError(msg, hint="leave out --watch, or name folders")
    to_pipe = streamed and output in {"", PIPE}
    if print0:
        _check_print0(no_paths=json or dry_run or to_pipe)
    if dry_run:
        if streamed:
            msg = "a pipe cannot be planned for"
            raise UsageError(msg, hint="leave out --dry-run, or name files")
        raise typer.Exit(print_plan(plan(request), json=json))
    reporter: Reporter = (
        JsonReporter()
        if json
        else TextReporter(
            quiet=quiet,
            paths=not to_pipe,
            end="\0" if print0 else "\n",
        )
    )
    with verbose(on=talkative):
        if streamed:
            _stream(request, reporter)
        else:
            _report((watch_folders if watch else upscale)(request, reporter), reporter)


def _check_print0(*, no_paths: bool) -> None:
    if no_paths:
        msg = "there are no paths on stdout for --print0 to end"
        raise UsageError(msg, hint="leave out --print0, or --json, --dry-run and -o -")
    if sys.stdout.isatty():
        msg = "--print0 is for programs, and standard output is a terminal"
        raise UsageError(msg, hint="such as: srcli upscale photos/ --print0 | xargs -0 ls -l")


def _size(ways: dict[str, Any]) -> SizeRequest:
    """Make the size of one of the ways to ask for it; of none, the default scale."""
    from srcli.usecases.sizes import SizeRequest, parse_fit, parse_scale

    if all(way is None for way in ways.values()):
        ways["scale"] = DEFAULT_SCALE
    for name, parse in (("scale", parse_scale), ("fit", parse_fit)):
        if ways[name] is not None:
            ways[name] = parse(ways[name])
    return SizeRequest(**ways)


def _report(outcomes: Iterable[Outcome], reporter: Reporter) -> None:
    """Tell of every outcome, and leave with the gravest code."""
    with reporter:
        try:
            for outcome in outcomes:
                reporter.outcome(outcome)
        except KeyboardInterrupt:
            reporter.finish(interrupted=True)
            raise
        reporter.finish()
    raise typer.Exit(reporter.tally.exit_code)


def _stream(request: UpscaleRequest, reporter: Reporter) -> None:
    """Read or write a pipe."""
    from srcli.batch.outcome import Failed
    from srcli.usecases.stream import PIPE, upscale_stream

    to_pipe = request.output in {"", PIPE}
    if PIPE in request.inputs and sys.stdin.isatty():
        msg = "standard input is a terminal, not a picture"
        raise UsageError(msg, hint="pipe a picture in: srcli upscale - < photo.png > large.png")
    if to_pipe and sys.stdout.isatty():
        msg = "a picture is not written to a terminal"
        raise UsageError(msg, hint="redirect stdout, or name a file with -o")
    if to_pipe and isinstance(reporter, JsonReporter):
        msg = "stdout cannot carry both a picture and events"
        raise UsageError(msg, hint="name a file with -o, or leave out --json")
    with reporter:
        try:
            streamed = upscale_stream(request, sys.stdin.buffer, reporter)
        except (ImageError, ResourceError) as error:
            if not (reporter.tally.found and isinstance(reporter, JsonReporter)):
                raise
            reporter.outcome(Failed(source=Path(request.inputs[0]), error=error))
            reporter.finish()
            raise typer.Exit(reporter.tally.exit_code) from error
        if to_pipe:
            console.picture(streamed.content)
        reporter.outcome(streamed.outcome)
        reporter.finish()
