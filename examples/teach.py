"""Enlarges reduced training pictures by a strong network, so that smaller ones learn from it.

Run ``python examples/teach.py PICTURES FOLDER --model dat-light-x4 --scale 4`` in a clone with the
extra ``community``. It cuts each picture into squares, reduces these, enlarges them by the model,
and writes them into ``FOLDER/x4``, in a random order. ``srcli train --taught FOLDER`` learns from
them. Squares that are there already are kept, so a run that was stopped goes on.

A network that learns to make such a result from its reduction meets nothing that it cannot know.
Source: ECO, AAAI 2024, arXiv 2312.17526: pairs of a result and its reduction, beside true pairs.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from random import Random

import torch
from PIL import Image
from rich.console import Console
from rich.progress import track
from torch import Tensor

from srcli.engine.device import choose_compute
from srcli.files.atomic import write_by
from srcli.images.decode import read_uint8
from srcli.pixels.levels import to_levels
from srcli.pixels.resize import resize_uint8
from srcli.training.patches import picture_files
from srcli.weights.formats.checkpoint import load_model
from srcli.weights.providers.store import locate

SIDE = 64
"""Side of a square in pixels of the reduced picture."""
Square = tuple[Path, int, int]
"""Picture file below the folder, and the top left corner in the reduced picture."""


def main() -> None:
    """Write the results of the model for the pictures that the command line names."""
    parser = argparse.ArgumentParser()
    parser.add_argument("pictures", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", default="dat-light-x4")
    parser.add_argument("--scale", type=int, default=4)
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--precision", default="bfloat16")
    wanted = parser.parse_args()
    folder = wanted.folder / f"x{wanted.scale}"
    folder.mkdir(parents=True, exist_ok=True)
    compute = choose_compute("auto", wanted.precision)
    network = load_model(locate(wanted.model)).network.eval().to(compute.device)
    pictures, scale = wanted.pictures, wanted.scale
    missing = [s for s in squares(pictures, scale) if not path_of(s, folder).exists()]
    for start in track(
        range(0, len(missing), wanted.batch), "Enlarging", console=Console(stderr=True)
    ):
        group = missing[start : start + wanted.batch]
        reduced = torch.cat([cut(pictures, square, scale) for square in group]).to(compute.device)
        with torch.inference_mode(), compute.autocast():
            enlarged = network(reduced / 255)
        results = to_levels(enlarged.float(), torch.uint8).permute(0, 2, 3, 1).cpu()
        for square, result in zip(group, results, strict=True):
            image = Image.fromarray(result.numpy())
            save = partial(image.save, format="PNG", compress_level=1)
            write_by(path_of(square, folder), save, overwrite=True)


def squares(pictures: Path, scale: int) -> Sequence[Square]:
    """Return all squares of the pictures in a random order, which is the same every time."""
    paths = [path.relative_to(pictures) for path in picture_files(pictures)]
    found = [square for path in paths for square in squares_of(pictures, path, scale)]
    return Random(0).sample(found, len(found))


def squares_of(pictures: Path, path: Path, scale: int) -> Iterator[Square]:
    """Yield the squares of one picture, without overlap."""
    with Image.open(pictures / path) as picture:
        width, height = (side // scale for side in picture.size)
    for top in range(0, height - SIDE + 1, SIDE):
        for left in range(0, width - SIDE + 1, SIDE):
            yield path, top, left


def cut(pictures: Path, square: Square, scale: int) -> Tensor:
    """Reduce the part of a picture that a square needs: (1, 3, SIDE, SIDE), uint8."""
    path, top, left = square
    rows, columns = (slice(scale * start, scale * (start + SIDE)) for start in (top, left))
    return resize_uint8(read_uint8(pictures / path)[..., rows, columns], (SIDE, SIDE))


def path_of(square: Square, folder: Path) -> Path:
    """Return where the result of a square is kept."""
    path, top, left = square
    return folder / f"{'-'.join(path.parts)}-{top}-{left}.png"


if __name__ == "__main__":
    main()
