"""``srcli upscale``."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from srcli.cli import console
from srcli.cli import upscale_options as options
from srcli.cli.console import verbose
from srcli.cli.defaults import drop_overruled, is_typed
from srcli.cli.events import JsonReporter
from srcli.cli.plan import print_plan
from srcli.cli.preview import Viewer
from srcli.cli.progress import TextReporter
from srcli.errors import ImageError, ResourceError, UsageError
from srcli.images.read_rules import DEFAULT_RULES, ReadRules

if TYPE_CHECKING:
    from srcli.batch.outcome import Outcome
    from srcli.pipeline.sizes import SizeRequest
    from srcli.usecases.upscale_request import UpscaleRequest

DEFAULT_SCALE = "2"
Reporter = TextReporter | JsonReporter


def upscale_command(
    context: typer.Context,
    inputs: options.Inputs = None,
    scale: options.Scale = None,
    width: options.Width = None,
    height: options.Height = None,
    output: options.Output = "",
    format_name: options.Format = "",
    quality: options.Quality = None,
    overwrite: options.Overwrite = False,
    model: options.ModelName = "auto",
    dry_run: options.DryRun = False,
    long_side: options.LongSide = None,
    short_side: options.ShortSide = None,
    megapixels: options.Megapixels = None,
    fit: options.Fit = None,
    if_large_enough: options.IfLargeEnough = "shrink",
    name: options.Name = "{stem}_{scale}",
    depth: options.Depth = None,
    background: options.Background = None,
    alpha: options.Alpha = "bleed",
    strip_metadata: options.StripMetadata = False,
    strip_gps: options.StripGps = False,
    guard: options.Guard = None,
    denoise: options.Denoise = None,
    ensemble: options.Ensemble = False,
    wrap: options.Borders = None,
    official_tiles: options.OfficialTiles = False,
    tile: options.Tile = None,
    memory: options.Memory = "",
    device: options.Device = "auto",
    precision: options.Precision = "auto",
    auto: options.Auto = None,
    offline: options.Offline = False,
    more_inputs: options.MoreInputs = None,
    from_file: options.FromFile = None,
    watch: options.Watch = False,
    shard: options.Shard = "",
    engine: options.Engine = "local",
    address: options.Address = "",
    actors: options.Actors = None,
    gpus_per_actor: options.GpusPerActor = None,
    fail_fast: options.FailFast = False,
    allow_damaged: options.AllowDamaged = False,
    max_pixels: options.MaxPixels = DEFAULT_RULES.pixel_limit,
    max_frames: options.MaxFrames = DEFAULT_RULES.frame_limit,
    max_parts: options.MaxParts = DEFAULT_RULES.part_limit,
    json: options.Json = False,
    print0: options.Print0 = False,
    quiet: options.Quiet = False,
    talkative: options.Verbose = False,
    show: options.Preview = False,
) -> None:
    """Make pictures larger, by any factor.

    A folder keeps a record of the results that are written into it. The same command, run again,
    goes on where it was stopped. Two such commands at once share the work.
    """
    from srcli.usecases.stream import PIPE, is_stream
    from srcli.usecases.upscale import plan, upscale
    from srcli.usecases.upscale_request import (
        UpscaleRequest,
        make_output_options,
        parse_auto,
        parse_bytes,
        parse_cluster,
        parse_shard,
        read_list,
    )
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
        inputs=(
            *(inputs or ()),
            *(more_inputs or ()),
            *(read_list(from_file) if from_file else ()),
        ),
        size=size,
        if_large_enough=if_large_enough,
        output=output,
        template=name,
        suffix=f".{format_name.lower()}" if format_name else "",
        quality=quality,
        options=make_output_options(
            strip_metadata=strip_metadata,
            strip_gps=strip_gps,
            depth=depth,
            background=background,
        ),
        alpha=alpha,
        model=model,
        auto=parse_auto(auto or ()),
        guard=guard,
        denoise=None if denoise is None else denoise / 100,
        tile=tile,
        memory=parse_bytes(memory),
        device=device,
        precision=precision,
        ensemble=ensemble,
        official_tiles=official_tiles,
        wrap=wrap,
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
        cluster=parse_cluster(engine, address, actors, gpus_per_actor),
    )
    if request.auto and not request.chooses and is_typed(context, "auto"):
        msg = f"The model {model} makes every picture, so that --auto has no effect."
        raise UsageError(msg, hint="Leave out --model or --auto.")
    streamed = is_stream(request)
    if streamed and engine != "local":
        msg = "A pipe is not sent to a cluster."
        raise UsageError(msg, hint="Leave out --engine, or name files.")
    if watch and (streamed or dry_run):
        msg = "A pipe or a plan cannot be watched."
        raise UsageError(msg, hint="Leave out --watch, or name folders.")
    to_pipe = streamed and output in {"", PIPE}
    if print0:
        _check_print0(no_paths=json or dry_run or to_pipe)
    if dry_run:
        if streamed:
            msg = "A pipe cannot be planned."
            raise UsageError(msg, hint="Leave out --dry-run, or name files.")
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
            outcomes = (watch_folders if watch else upscale)(request, reporter)
            _report(outcomes, reporter, Viewer(wanted=show and not json))


def _check_print0(*, no_paths: bool) -> None:
    if no_paths:
        msg = "There are no paths on standard output for --print0 to end."
        raise UsageError(msg, hint="Leave out --print0, or --json, --dry-run and -o -.")
    if sys.stdout.isatty():
        msg = "Standard output is a terminal, and --print0 is for programs."
        raise UsageError(
            msg, hint="Pipe the paths: `srcli upscale photos/ --print0 | xargs -0 ls -l`."
        )


def _size(ways: dict[str, Any]) -> SizeRequest:
    """Make the size of one of the ways to ask for it; of none, the default scale."""
    from srcli.pipeline.sizes import SizeRequest, parse_fit, parse_scale

    if all(way is None for way in ways.values()):
        ways["scale"] = DEFAULT_SCALE
    for name, parse in (("scale", parse_scale), ("fit", parse_fit)):
        if ways[name] is not None:
            ways[name] = parse(ways[name])
    return SizeRequest(**ways)


def _report(outcomes: Iterable[Outcome], reporter: Reporter, viewer: Viewer) -> None:
    """Tell of every outcome, and leave with the gravest code."""
    with reporter:
        try:
            for outcome in outcomes:
                reporter.outcome(outcome)
                viewer.outcome(outcome)
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
        msg = "Standard input is a terminal, not a picture."
        raise UsageError(msg, hint="Pipe a picture in: `srcli upscale - < photo.png > large.png`.")
    if to_pipe and sys.stdout.isatty():
        msg = "A picture is not written to a terminal."
        raise UsageError(msg, hint="Redirect standard output, or name a file with -o.")
    if to_pipe and isinstance(reporter, JsonReporter):
        msg = "Standard output cannot carry both a picture and events."
        raise UsageError(msg, hint="Name a file with -o, or leave out --json.")
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
