"""How much better than bicubic models are on pictures as people have them.

    python benchmarks/wild.py FOLDER_OF_HR_PICTURES --models asdn-fast,asdn-photo --scale 2,3,4

Every picture is reduced, degraded in one way and written as a file of the kind that people have.
``srcli upscale`` enlarges the files, once with each model. Bicubic enlarges what the files hold.
The table gives the mean PSNR-Y of bicubic, and the gain of each model over it in dB: the mean over
the pictures, and the worst picture in brackets. Screens and line art are drawn; "drawn anew" means
that LR is drawn at its own size, and otherwise it is reduced from HR.

``--sheet FILE`` writes one row of crops for each way: HR, LR, bicubic and the models.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from statistics import fmean

import torch
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor
from wild_scenes import SCENES
from wild_ways import CLEAN, DRAWN_ANEW, PNG, WAYS, to_pillow, way_of

from srcli.bench.baselines import bicubic
from srcli.images.decode import decode_photo, read_uint8
from srcli.metrics.protocol import PUBLISHED
from srcli.metrics.psnr import psnr_y
from srcli.pixels.color import quantize
from srcli.report.crops import worst_window
from srcli.training.patches import picture_files

SEED = "wild"
SCENES_OF_A_KIND = 4
CROP = 384
CELL = 160
LABEL = 190


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """HR, uint8 (1, 3, H, W), and the file of what is left of it."""

    hr: Tensor
    file: bytes
    suffix: str


def cases(name: str, pictures: Sequence[Path], scale: int, crop: int) -> list[Case]:
    """Return what a way makes of every picture, or of every scene of its kind."""
    way = way_of(name)
    kind = name.removesuffix(DRAWN_ANEW)
    if kind in SCENES:
        return [_scene_case(name, kind, scale, n) for n in range(SCENES_OF_A_KIND)]
    made = []
    for path in pictures:
        hr = cropped(read_uint8(path), crop, Random(f"{SEED}:{path.name}"))
        hr = hr[..., : hr.shape[2] // scale * scale, : hr.shape[3] // scale * scale]
        file = way(hr, scale, Random(f"{SEED}:{name}:{path.name}:{scale}"))
        made.append(Case(hr=hr, file=file, suffix=way.container.suffix))
    return made


def cropped(picture: Tensor, side: int, random: Random) -> Tensor:
    """Cut a random square out of a picture (1, 3, H, W); 0 for all of it."""
    height, width = (min(side or length, length) for length in picture.shape[2:])
    top = random.randint(0, picture.shape[2] - height)
    left = random.randint(0, picture.shape[3] - width)
    return picture[..., top : top + height, left : left + width]


def _scene_case(name: str, kind: str, scale: int, number: int) -> Case:
    """Draw a scene large, and reduce it or draw it small."""
    side, random = CROP // scale, Random(f"{SEED}:{kind}:{number}")
    scene = SCENES[kind](side, random)
    hr = scene.render(side * scale, side * scale)[None]
    file = CLEAN(hr, scale, random) if name == kind else PNG.write(scene.render(side, side)[None])
    return Case(hr=hr, file=file, suffix=PNG.suffix)


def enlarge(folder: Path, out: Path, model: str, scale: int) -> None:
    """Run the command as a user does, on every file of a folder."""
    command = [sys.executable, "-m", "srcli", "upscale", str(folder), "--output", str(out)]
    options = ["--scale", str(scale), "--model", model, "--format", "png", "--name", "{stem}"]
    done = subprocess.run(  # noqa: S603 - our own command
        [*command, *options, "--quiet"], capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"srcli upscale --model {model} failed:\n{done.stderr}")


def decibels(sr: Tensor, hr: Tensor, scale: int) -> float:
    """PSNR-Y by the published protocol; SR float in [0, 1], HR uint8."""
    border = PUBLISHED.shave(scale)
    inside = (..., slice(border, -border), slice(border, -border))
    return psnr_y(quantize(sr)[inside].double(), hr[inside].double() / 255)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One way at one scale: PSNR-Y of bicubic, gain of each model over it, and a strip of crops."""

    name: str
    scale: int
    bicubic: tuple[float, ...]
    gains: Mapping[str, tuple[float, ...]]
    strip: tuple[Tensor, ...]


def measure(
    chosen: Sequence[tuple[str, list[Case]]], models: Sequence[str], scale: int, shown: int
) -> list[Measured]:
    """Write the files of all ways, enlarge them with every model, and compare."""
    with tempfile.TemporaryDirectory() as root:
        source = Path(root, "in")
        for way, (_, made) in enumerate(chosen):
            (source / f"{way}").mkdir(parents=True)
            for n, case in enumerate(made):
                (source / f"{way}" / f"{n}{case.suffix}").write_bytes(case.file)
        for number, model in enumerate(models):
            enlarge(source, Path(root, f"{number}"), model, scale)
        outs = {model: Path(root, f"{number}") for number, model in enumerate(models)}
        return [
            _compare(name, made, {m: out / f"{way}" for m, out in outs.items()}, scale, shown)
            for way, (name, made) in enumerate(chosen)
        ]


def _compare(
    name: str, made: Sequence[Case], outs: Mapping[str, Path], scale: int, shown: int
) -> Measured:
    gains: dict[str, list[float]] = {model: [] for model in outs}
    plains: list[float] = []
    strip: tuple[Tensor, ...] = ()
    for n, case in enumerate(made):
        lr = decode_photo(case.file, name=name).pixels
        lr = lr.float() / 255 if lr.dtype == torch.uint8 else lr
        size = (case.hr.shape[2], case.hr.shape[3])
        plain = bicubic(lr, size, scale)
        plains.append(decibels(plain, case.hr, scale))
        results = {model: read_uint8(out / f"{n}.png") / 255 for model, out in outs.items()}
        for model, result in results.items():
            gains[model].append(decibels(result, case.hr, scale) - plains[-1])
        if n == shown % len(made):
            nearest = torch.nn.functional.interpolate(lr, size, mode="nearest-exact")
            hr = case.hr / 255
            window = worst_window(plain, hr, CELL)
            parts = (hr, nearest, plain, *results.values())
            strip = tuple(window.of(part) for part in parts)
    return Measured(
        name=name,
        scale=scale,
        bicubic=tuple(plains),
        gains={model: tuple(values) for model, values in gains.items()},
        strip=strip,
    )


def table(rows: Sequence[Measured], models: Sequence[str], *, markdown: bool) -> str:
    """Return mean and worst gain of every model, a way a line."""
    lines = [["scale", "way", "pictures", "bicubic", *models]]
    for row in rows:
        cells = [f"{fmean(row.gains[m]):+.2f} ({min(row.gains[m]):+.2f})" for m in models]
        lines.append(
            [f"x{row.scale}", row.name, f"{len(row.bicubic)}", f"{fmean(row.bicubic):.2f}", *cells]
        )
    if markdown:
        text = [f"| {' | '.join(line)} |" for line in lines]
        return "\n".join([text[0], f"|--:|---|{'--:|' * (len(models) + 2)}", *text[1:]])
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def contact_sheet(rows: Sequence[Measured], models: Sequence[str]) -> Image.Image:
    """Return one labelled row of crops for each way, at the size of the results."""
    titles = ["HR", "LR", "bicubic", *models]
    step = CELL + 4
    sheet = Image.new("RGB", (LABEL + step * len(titles), 20 + step * len(rows)), "white")
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(13)
    for column, title in enumerate(titles):
        pen.text((LABEL + column * step, 3), Path(title).name[-22:], fill="black", font=font)
    for line, row in enumerate(rows):
        top = 20 + line * step
        pen.text((4, top), f"x{row.scale} {row.name}", fill="black", font=font)
        for column, part in enumerate(row.strip):
            levels = (quantize(part) * 255).round().to(torch.uint8)
            sheet.paste(to_pillow(levels), (LABEL + column * step, top))
    return sheet


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Gain over bicubic on pictures from the wild")
    parser.add_argument("folder", type=Path, help="folder of HR pictures")
    parser.add_argument("--models", default="asdn-fast,asdn-photo", help="ids or files, by commas")
    parser.add_argument("--scale", default="2", help="1, 2, 3 or 4, by commas")
    parser.add_argument("--ways", default="", help="such as 'clean;JPEG 75'; default: all")
    parser.add_argument("--every", type=int, default=1, help="use every so many pictures")
    parser.add_argument("--crop", type=int, default=CROP, help="side of a crop of HR; 0 for all")
    parser.add_argument("--markdown", action="store_true", help="print Markdown tables")
    parser.add_argument("--sheet", type=Path, help="PNG file for the crops")
    parser.add_argument("--sheet-picture", type=int, default=0, help="picture of the sheet")
    return parser.parse_args()


def main() -> None:
    options = parse()
    torch.set_num_threads(1)
    paths = [Path(m).resolve() for m in options.models.split(",")]
    names = options.models.split(",")
    models = [str(p) if p.is_file() else m for p, m in zip(paths, names, strict=True)]
    pictures = picture_files(options.folder)[:: options.every]
    ways = options.ways.split(";") if options.ways else WAYS
    rows: list[Measured] = []
    for scale in map(int, options.scale.split(",")):
        chosen = [(way, cases(way, pictures, scale, options.crop)) for way in ways]
        measured = measure(chosen, models, scale, options.sheet_picture)
        print(table(measured, models, markdown=options.markdown), flush=True)
        rows += measured
    if options.sheet is not None:
        contact_sheet(rows, models).save(options.sheet)


if __name__ == "__main__":
    main()
