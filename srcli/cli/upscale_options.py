"""The options of ``srcli upscale``, in the panels of its help, the most used first."""

from __future__ import annotations

from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from srcli.cli import completion

_size = partial(typer.Option, rich_help_panel="Size")
_output = partial(typer.Option, rich_help_panel="Output")
_model = partial(typer.Option, rich_help_panel="Model")
_quality = partial(typer.Option, rich_help_panel="Quality of the result")
_cost = partial(typer.Option, rich_help_panel="Speed and memory")
_many = partial(typer.Option, rich_help_panel="Many pictures")
_limits = partial(typer.Option, rich_help_panel="Damaged and very large files")
_messages = partial(typer.Option, rich_help_panel="Messages")


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


Inputs = Annotated[
    list[str] | None,
    typer.Argument(metavar="INPUT...", help="Pictures, folders or globs; - for a pipe."),
]

Scale = Annotated[
    str | None,
    _size(
        "-s",
        "--scale",
        metavar="FACTOR",
        help="Enlarge by this factor, such as 2.7, or 2.7x1.5 for width by height. Default: 2.",
    ),
]
Width = Annotated[
    int | None,
    _size(metavar="PIXELS", help="Width of the result."),
]
Height = Annotated[
    int | None,
    _size(metavar="PIXELS", help="Height of the result."),
]
LongSide = Annotated[
    int | None,
    _size(metavar="PIXELS", help="Longer side of the result."),
]
ShortSide = Annotated[
    int | None,
    _size(metavar="PIXELS", help="Shorter side of the result."),
]
Megapixels = Annotated[
    float | None,
    _size(metavar="NUMBER", help="Megapixels of the result."),
]
Fit = Annotated[
    str | None,
    _size(metavar="WxH", help="Make the result as large as fits into a box of this many pixels."),
]
IfLargeEnough = Annotated[
    LargeEnough,
    _size(help="What to do with a picture that has the size asked for or is larger."),
]

Output = Annotated[
    str,
    _output(
        "-o",
        "--output",
        metavar="PATH",
        help="File or folder to write, or - for a pipe. Default: beside each input.",
    ),
]
Format = Annotated[
    str,
    _output(
        "-f",
        "--format",
        metavar="NAME",
        help="Output format when -o names no file: png, jpg, webp, avif, jxl, tiff, bmp or gif. "
        "Default: the format of the input.",
        autocompletion=completion.formats,
    ),
]
Name = Annotated[
    str,
    _output(
        metavar="TEMPLATE",
        help="Name of a result when -o names no file. {stem}, {scale} and {model} are filled in.",
    ),
]
Overwrite = Annotated[
    bool,
    _output("--overwrite", help="Replace results that were made with other settings."),
]
Quality = Annotated[
    int | None,
    _output(
        min=1,
        max=100,
        metavar="1-100",
        help="Quality of JPEG, WebP, AVIF and JPEG XL; 100 makes WebP and JPEG XL lossless. "
        "Default: 95; a lossless WebP or JPEG XL stays lossless.",
    ),
]
Depth = Annotated[
    int | None,
    _output(
        metavar="BITS", help="Bits per sample of the result, 8 or 16. Default: those of the input."
    ),
]
Background = Annotated[
    str | None,
    _output(
        metavar="COLOR", help="Put transparent pictures on this colour, such as white or #ff8800."
    ),
]
Alpha = Annotated[
    HiddenAlpha,
    _output(
        help="Colours under transparent pixels. bleed replaces them by the colours around them, "
        "which suits pictures. keep enlarges them as they are, which suits game textures and "
        "masks."
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

ModelName = Annotated[
    str,
    _model(
        "-m",
        "--model",
        metavar="ID",
        help="auto looks at each picture and chooses. Else the id of a model, a weights file, "
        "hf:owner/repo/file, or nearest, bicubic or lanczos.",
        autocompletion=completion.upscale_models,
    ),
]
Offline = Annotated[
    bool,
    _model("--offline", help="Never fetch a model from the network."),
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
        help="How much of the noise to remove: 0 keeps the grain, 100 removes what can be removed. "
        "Default: as much as suits the picture.",
    ),
]
Ensemble = Annotated[
    bool,
    _quality(
        "-x",
        "--ensemble",
        help="Average the results for eight symmetries: eight times the work, slightly better.",
    ),
]
Borders = Annotated[
    Wrap | None,
    _quality("--wrap", help="Borders that meet: x for panoramas, xy for textures."),
]
OfficialTiles = Annotated[
    bool,
    _quality(
        "--official-tiles", help="Cut pictures into the tiles that the network's authors used."
    ),
]

Tile = Annotated[
    int | None,
    _cost(
        "-t",
        "--tile",
        min=32,
        metavar="PIXELS",
        help="Side of a tile; smaller tiles need less memory.",
    ),
]
Device = Annotated[
    str,
    _cost(
        "-d",
        "--device",
        metavar="NAME",
        help="Device to run on: auto, cpu, cuda, cuda:1 or mps.",
        autocompletion=completion.devices,
    ),
]
Precision = Annotated[
    str,
    _cost(
        metavar="NAME",
        help="float32, or bfloat16 or float16, which are faster where the device has them.",
        autocompletion=completion.precisions,
    ),
]

FromFile = Annotated[
    Path | None,
    _many(metavar="FILE", help="Text file that names more inputs, one on each line."),
]
DryRun = Annotated[
    bool,
    _many("--dry-run", help="Print what would be done, and write nothing."),
]
Watch = Annotated[
    bool,
    _many("--watch", help="Enlarge pictures that appear in the folders, until Ctrl-C."),
]
Shard = Annotated[
    str,
    _many(metavar="I/N", help="Make only part I of N, such as 1/4, of the pictures."),
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
        help="Refuse pictures of more pixels; all frames are counted together.",
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
        help="Say which networks make each picture, and what lay behind a failure.",
    ),
]
