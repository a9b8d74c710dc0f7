"""Measure how far tiles of a model differ from the whole where pictures have most detail.

``python benchmarks/detail_tiles.py FOLDER --model dat-light-x2 --side 384 --tile 128``:
of each picture of the folder, the window of ``--side`` pixels is found whose neighbouring pixels
differ most. The windows that differ most are reduced as the benchmarks do it, and enlarged whole
and in tiles of ``--tile`` pixels of LR. Prints for each the largest difference of a sample, in
levels of 255, and the share of samples that differ by one level at most.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from torch import Tensor

from srcli.engine.device import Compute
from srcli.engine.network_runner import NetworkRunner, UpscaleOptions
from srcli.images.decode import read_uint8
from srcli.metrics.protocol import reduce_for
from srcli.pixels.levels import to_levels
from srcli.training.patches import picture_files
from srcli.weights.formats.checkpoint import load_model
from srcli.weights.providers.store import locate

CPU = Compute(device=torch.device("cpu"))
WHOLE = 1 << 20
STEP = 64
"""Pixels between two windows."""


def most_detailed(path: Path, side: int) -> tuple[float, Tensor]:
    """Return the window (1, 3, side, side) of most detail, and how much it has."""
    picture = read_uint8(path)
    best, found = -1.0, picture
    for top in range(0, picture.shape[2] - side + 1, STEP):
        for left in range(0, picture.shape[3] - side + 1, STEP):
            window = picture[..., top : top + side, left : left + side]
            gray = window.float().mean(1)
            detail = float(gray.diff(dim=1).abs().mean() + gray.diff(dim=2).abs().mean())
            if detail > best:
                best, found = detail, window
    return best, found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", default="dat-light-x2")
    parser.add_argument("--side", type=int, default=384)
    parser.add_argument("--tile", type=int, default=128)
    parser.add_argument("--pictures", type=int, default=3)
    arguments = parser.parse_args()
    network = load_model(locate(arguments.model)).network
    ratio = float(network.traits.scale or 2)
    windows = [
        (*most_detailed(path, arguments.side), path) for path in picture_files(arguments.folder)
    ]
    windows.sort(key=lambda one: -one[0])
    for _, window, path in windows[: arguments.pictures]:
        low, hr = reduce_for(window, ratio)
        whole, tiled = (
            to_levels(
                NetworkRunner(network, CPU, UpscaleOptions(tile=tile))(
                    low, hr.shape[2:], ratio=ratio
                ),
                torch.uint8,
            ).int()
            for tile in (WHOLE, arguments.tile)
        )
        apart = (whole - tiled).abs()
        near = float((apart <= 1).double().mean())
        print(f"{path.name}: at most {int(apart.max())}, {100 * near:.2f} % within one", flush=True)


if __name__ == "__main__":
    main()
