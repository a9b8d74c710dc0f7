"""Measure what tiles change where a network sees the whole picture.

``python benchmarks/tiles.py FOLDER``: the middle of some pictures of the folder, two tiles a side
where they are so large, is reduced as the benchmarks do it, and enlarged in tiles, as
``srcli upscale`` does by default, and as a whole. Prints a Markdown table: how much the two
differ, and what tiles cost or gain against the original, PSNR-Y by the published protocol.

Networks of a finite reach are left out: their tiles are the whole's bit for bit, which
``tests/unit/engine/test_network_runner.py`` holds to.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from statistics import fmean

import torch
from torch import Tensor

from srcli.engine.device import Compute
from srcli.engine.memory import default_tile
from srcli.engine.network_runner import NetworkRunner, UpscaleOptions
from srcli.images.decode import read_uint8
from srcli.metrics.protocol import reduce_for, score
from srcli.networks.spec import SrNetwork
from srcli.pixels.levels import to_levels
from srcli.training.patches import picture_files
from srcli.weights.catalog.included import read_catalog
from srcli.weights.formats.checkpoint import load_model
from srcli.weights.providers.store import verify

CPU = Compute(device=torch.device("cpu"))
WHOLE = UpscaleOptions(tile=1 << 20)
TILES = 2


def middle(picture: Tensor, side: int) -> Tensor:
    height, width = picture.shape[2:]
    top, left = max(0, height - side) // 2, max(0, width - side) // 2
    return picture[..., top : top + side, left : left + side]


def compare(network: SrNetwork, scale: float, picture: Tensor) -> tuple[float, float]:
    """Return the PSNR-Y between tiles and whole, and by how much tiles are nearer the original."""
    side = TILES * default_tile(network.traits) * network.traits.output_scale
    low, hr = reduce_for(middle(picture, side), scale)
    size = hr.shape[2], hr.shape[3]
    tiled, whole = (
        NetworkRunner(network, CPU, options)(low, size, ratio=scale)
        for options in (UpscaleOptions(), WHOLE)
    )
    alike = score(tiled, to_levels(whole, torch.uint8), scale).psnr_y
    return alike, score(tiled, hr, scale).psnr_y - score(whole, hr, scale).psnr_y


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pictures", type=int, default=3)
    parser.add_argument("--models", help="ids, by commas; all of the catalogue if none")
    options = parser.parse_args()
    files = picture_files(options.folder)
    pictures = [read_uint8(path) for path in files[:: len(files) // options.pictures]]
    print("| model | scale | tile | tiles and whole, dB | tiles gain, dB |\n|---|--:|--:|--:|--:|")
    wanted = options.models.split(",") if options.models else [card.id for card in read_catalog()]
    for card in read_catalog():
        if card.id not in wanted:
            continue
        network = load_model(verify(card)).network
        if network.traits.receptive_radius is not None or network.traits.scale == 1:
            continue
        scale = float(card.scale or 2)
        found = [compare(network, scale, hr) for hr in pictures[: options.pictures]]
        alike, gain = (fmean(column) for column in zip(*found, strict=True))
        tile = default_tile(network.traits)
        print(f"| `{card.id}` | x{scale:g} | {tile} | {alike:.1f} | {gain:+.3f} |", flush=True)


if __name__ == "__main__":
    main()
