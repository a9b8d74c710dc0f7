"""The options of ``srcli upscale``, in the panels of its help, the most used first."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from srcli.cli import choices, completion, shared_options
from srcli.cli.command import MESSAGES, USUAL

EXAMPLES = """
    srcli upscale photo.jpg --scale 2.7
    srcli upscale photo.jpg --width 1920 -o large.png
    srcli upscale photos/ -o large/ --scale 2
    srcli upscale old.jpg --model asdn-photo --scale 1
    srcli upscale - -o - < photo.jpg > large.jpg
"""

_usual = partial(typer.Option, rich_help_panel=USUAL)
_size = partial(typer.Option, rich_help_panel="Size")
_output = partial(typer.Option, rich_help_panel="Output")
_quality = partial(typer.Option, rich_help_panel="Quality of the result")
_cost = partial(typer.Option, rich_help_panel="Model, speed and memory")
_many = partial(typer.Option, rich_help_panel="Many pictures")
_limits = partial(typer.Option, rich_help_panel="Damaged and very large files")
_messages = partial(typer.Option, rich_help_panel=MESSAGES)

Inputs = Annotated[
    list[str] | None,
    typer.Argument(metavar="INPUT", help="Pictures, folders or globs; - reads a pipe."),
]

Scale = Annotated[
    str | None,
    _usual(
        "-s",
        "--scale",
        metavar="FACTOR",
        help="Enlarge by this factor, such as 2.7, or 2.7x1.5 for width by height. Default: 2.",
    ),
]
Width = Annotated[
    int | None,
    _usual(metavar="PIXELS", help="Make the result this wide."),
]
Height = Annotated[
    int | None,
    _usual(metavar="PIXELS", help="Make the result this high."),
]
Output = Annotated[
    str,
    _usual(
        "-o",
        "--output",
        metavar="PATH",
        help="Write this file or into this folder; - writes a pipe. Default: beside each input.",
    ),
]
Format = Annotated[
    str,
    _usual(
        "-f",
        "--format",
        metavar="NAME",
        help="Write png, jpg, webp, avif, jxl, tiff, bmp or gif, unless -o names a file. "
        "Default: the format of the input.",
        autocompletion=completion.formats,
    ),
]
Quality = Annotated[
    int | None,
    _usual(
        min=1,
        max=100,
        metavar="NUMBER",
        help="Quality of JPEG, WebP, AVIF and JPEG XL. At 100 WebP and JPEG XL are lossless. "
        "Default: 95; a lossless WebP or JPEG XL stays lossless.",
    ),
]
Overwrite = Annotated[
    bool,
    _usual("--overwrite", help="Replace results that were made with other settings."),
]
ModelName = Annotated[
    str,
    _usual(
        "-m",
        "--model",
        metavar="ID",
        help="Use this model: an id, a weights file, hf:owner/repo/file, nearest, bicubic or "
        "lanczos. With auto, srcli looks at each picture and chooses.",
        autocompletion=completion.upscale_models,
    ),
]
Auto = Annotated[
    list[str] | None,
    _cost(
        "--auto",
        metavar="PURPOSE=ID",
        help="Let auto use this model for pictures of this purpose: clean, photo, drawing, jpeg or "
        "noise. May be given several times. Default: [upscale.auto] of your own srcli.toml.",
    ),
]
DryRun = Annotated[
    bool,
    _usual("--dry-run", help="Print what would be done, and write nothing."),
]

LongSide = Annotated[
    int | None,
    _size(metavar="PIXELS", help="Make the longer side of the result this long."),
]
ShortSide = Annotated[
    int | None,
    _size(metavar="PIXELS", help="Make the shorter side of the result this long."),
]
Megapixels = Annotated[
    float | None,
    _size(metavar="NUMBER", help="Give the result this many megapixels."),
]
Fit = Annotated[
    str | None,
    _size(metavar="WxH", help="Make the result as large as fits into a box of this many pixels."),
]
IfLargeEnough = Annotated[
    choices.WhenLarge,
    _size(help="Do this with a picture that has the size asked for or is larger."),
]

Name = Annotated[
    str,
    _output(
        metavar="TEMPLATE",
        help="Name results like this, unless -o names a file. {stem}, {scale} and {model} are "
        "filled in.",
    ),
]
Depth = Annotated[
    choices.Depth | None,
    _output(help="Write this many bits per sample. Default: those of the input."),
]
Background = Annotated[
    str | None,
    _output(
        metavar="COLOR", help="Put transparent pictures on this colour, such as white or #ff8800."
    ),
]
Alpha = Annotated[
    choices.HiddenColors,
    _output(
        help="Treat the colours under transparent pixels like this. bleed replaces them by the "
        "colours around them, which suits pictures. keep enlarges them as they are, which suits "
        "game textures and masks."
    ),
]
StripMetadata = Annotated[
    bool,
    _output(
        "--strip-metadata", help="Leave EXIF, XMP, IPTC, comments and texts out of the result."
    ),
]
StripGps = Annotated[
    bool,
    _output("--strip-gps", help="Leave the place where a picture was taken out of the result."),
]

Guard = Annotated[
    bool | None,
    _quality(
        help="Keep each sample between the pixels of the source around it, for screens and "
        "drawings. Default: the model auto decides."
    ),
]
Denoise = Annotated[
    int | None,
    _quality(
        min=0,
        max=100,
        metavar="PERCENT",
        help="Remove this share of the noise. 0 keeps the grain, 100 removes what can be removed. "
        "Default: as much as suits the picture.",
    ),
]
Ensemble = Annotated[
    bool,
    shared_options.ensemble(rich_help_panel="Quality of the result"),
]
Borders = Annotated[
    choices.Wrap | None,
    _quality("--wrap", help="Join opposite borders: x for panoramas, xy for textures."),
]
OfficialTiles = Annotated[
    bool,
    shared_options.official_tiles(rich_help_panel="Quality of the result"),
]

Offline = Annotated[
    bool,
    shared_options.no_fetch(rich_help_panel="Model, speed and memory"),
]
Tile = Annotated[
    int | None,
    shared_options.tile(rich_help_panel="Model, speed and memory"),
]
Memory = Annotated[
    str,
    _cost(
        "--memory",
        metavar="SIZE",
        help="Take about this much memory at most, such as 2GB or 800MB. Default: what is free.",
    ),
]
Device = Annotated[
    str,
    shared_options.device(rich_help_panel="Model, speed and memory"),
]
Precision = Annotated[
    choices.PrecisionOrAuto,
    _cost(
        help="Compute in this type. auto takes bfloat16, which is twice as fast, where the device "
        "has it and the model loses nothing by it.",
    ),
]

MoreInputs = Annotated[
    list[str] | None,
    _many("-i", "--input", metavar="PATH", help="Read this as well; the same as INPUT."),
]
FromFile = Annotated[
    Path | None,
    _many(metavar="FILE", help="Read more inputs from this text file, one on each line."),
]
Watch = Annotated[
    bool,
    _many("--watch", help="Enlarge pictures that appear in the folders, until Ctrl-C."),
]
Shard = Annotated[
    str,
    _many(metavar="I/N", help="Make only part I of N, such as 1/4, of the pictures."),
]
Engine = Annotated[
    choices.Engine,
    _many(help="Make pictures in this process, or on a Ray cluster."),
]
Address = Annotated[
    str,
    _many(metavar="ADDRESS", help="Use this Ray cluster; auto finds one. Default: start one here."),
]
Actors = Annotated[
    int | None,
    _many(
        min=1, metavar="N", help="Load the model N times. Default: one for each GPU, or 4 cores."
    ),
]
GpusPerActor = Annotated[
    float | None,
    _many(min=0, metavar="N", help="GPUs, or a part of one, for each actor. Default: 1."),
]
FailFast = Annotated[
    bool,
    _many("--fail-fast", help="Stop at the first picture that fails."),
]

AllowDamaged = Annotated[
    bool,
    _limits(
        "--allow-damaged", help="Make what there is of a picture that lacks data, with a warning."
    ),
]
MaxPixels = Annotated[
    int,
    _limits(
        min=1,
        metavar="NUMBER",
        help="Refuse pictures of more pixels. All frames are counted together.",
    ),
]
MaxFrames = Annotated[
    int,
    _limits(min=1, metavar="NUMBER", help="Refuse animations of more frames."),
]
MaxParts = Annotated[
    int,
    _limits(
        min=1, metavar="NUMBER", help="Refuse files of more chunks, segments, blocks or strips."
    ),
]

Json = Annotated[
    bool,
    _messages("--json", help="Print events to standard output, one JSON object a line."),
]
Print0 = Annotated[
    bool,
    _messages("--print0", help="End each path on standard output with a NUL byte, for xargs -0."),
]
Quiet = Annotated[
    bool,
    _messages("-q", "--quiet", help="Print results and errors, nothing else."),
]
Verbose = Annotated[
    bool,
    _messages(
        "-v",
        "--verbose",
        help="Say which networks make each picture, and what caused a failure.",
    ),
]
Preview = Annotated[
    bool,
    _messages("--preview", help="Show each result in terminals that can: kitty, iTerm2 or sixel."),
]
