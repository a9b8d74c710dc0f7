"""Measure what the mirrored padding changes at the border of pictures.

``python benchmarks/padding.py FOLDER``: squares from the middle of every eighth picture are
reduced as the benchmarks do it, and enlarged as ``srcli upscale`` does, with its padding, and as
the networks were published, without. Prints a Markdown table of PSNR-Y: of the outermost four
rows and columns of the result, and of what the published protocol looks at. The last column is
the largest error of flat pictures of five colours, in levels of 255.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from statistics import fmean

import torch
from tiles import CPU, middle
from torch import Tensor

from srcli.engine.network_runner import NetworkRunner, UpscaleOptions
from srcli.images.decode import read_uint8
from srcli.metrics.protocol import reduce_for, score
from srcli.pixels.color import luma, quantize
from srcli.pixels.levels import from_levels
from srcli.training.patches import picture_files
from srcli.weights.catalog.included import read_catalog
from srcli.weights.formats.checkpoint import load_model
from srcli.weights.providers.store import verify

SIDE, OUTER, FLAT = 240, 4, 24
COLOURS = ((255, 255, 255), (128, 128, 128), (0, 0, 0), (200, 40, 60), (20, 200, 90))


def border_psnr(sr: Tensor, hr: Tensor) -> float:
    """PSNR-Y of the outermost samples."""
    error = (luma(quantize(sr).double()) - luma(from_levels(hr).double()))[0, 0] / 255
    outer = torch.ones_like(error, dtype=torch.bool)
    outer[OUTER:-OUTER, OUTER:-OUTER] = False
    return -10 * error[outer].square().mean().log10().item()


def flat_error(runner: NetworkRunner, scale: float) -> float:
    side = round(FLAT * scale)
    errors = []
    for colour in COLOURS:
        flat = torch.tensor(colour, dtype=torch.uint8).view(1, 3, 1, 1)
        result = runner(flat.expand(1, 3, FLAT, FLAT), (side, side), ratio=scale)
        errors.append((255 * result - flat).abs().max().item())
    return max(errors)


def cells(runner: NetworkRunner, pictures: list[Tensor], scale: float) -> tuple[str, str, str]:
    pairs = [reduce_for(middle(one, SIDE), scale) for one in pictures]
    found = [(runner(lr, (SIDE, SIDE), ratio=scale), hr) for lr, hr in pairs]
    border = fmean(border_psnr(sr, hr) for sr, hr in found)
    protocol = fmean(score(sr, hr, scale).psnr_y for sr, hr in found)
    return f"{border:.2f}", f"{protocol:.3f}", f"{flat_error(runner, scale):.0f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--every", type=int, default=8, help="use every so many pictures")
    parser.add_argument("--models", help="ids, by commas; all of the catalogue if none")
    options = parser.parse_args()
    wanted = options.models.split(",") if options.models else [card.id for card in read_catalog()]
    pictures = [read_uint8(path) for path in picture_files(options.folder)[:: options.every]]
    print("| model | scale | outermost four, dB | protocol, dB | flat, levels |")
    print("|---|--:|--:|--:|--:|")
    for card in read_catalog():
        if card.scale == 1 or card.id not in wanted:
            continue
        network = load_model(verify(card)).network
        for scale in (2.0, 3.0, 4.0) if card.scale is None else (float(card.scale),):
            bare, padded = (
                cells(NetworkRunner(network, CPU, options), pictures, scale)
                for options in (UpscaleOptions(), UpscaleOptions(pad_border=True))
            )
            row = " | ".join(f"{one} → {other}" for one, other in zip(bare, padded, strict=True))
            print(f"| `{card.id}` | x{scale:g} | {row} |", flush=True)


if __name__ == "__main__":
    main()
