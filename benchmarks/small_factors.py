"""What ratios below 2 gain by a pass to 2 that is reduced, and by correction: docs/any-scale.md.

    python benchmarks/small_factors.py FOLDER_OF_HR_PICTURES --models asdn-fast,asdn-base --every 5

The middle of each picture is reduced as MATLAB does, and enlarged in four ways: by a pass to the
ratio itself, or by one to 2 whose result is reduced, each without and with a correction by the
source. The table gives PSNR-Y in dB, the mean over the pictures.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from statistics import fmean

import torch
from torch import Tensor

from srcli.bench.baselines import bicubic
from srcli.engine.device import Compute
from srcli.engine.network_runner import NetworkRunner
from srcli.engine.recursion import Pass
from srcli.images.decode import read_uint8
from srcli.metrics.protocol import score
from srcli.pixels.resize import resize_uint8
from srcli.training.patches import picture_files
from srcli.weights.formats.checkpoint import load_model
from srcli.weights.providers.store import locate

RATIOS = tuple(n / 10 for n in range(11, 20))
WAYS = ("ratio", "ratio, corrected", "2 reduced", "2 reduced, corrected")
SIDE = 320


def pair(picture: Tensor, ratio: float) -> tuple[Tensor, Tensor]:
    """Return LR in [0, 1] and HR, uint8, of the middle of a picture."""
    small = int(SIDE / ratio + 1e-9)
    side = round(small * ratio)
    top, left = ((length - side) // 2 for length in picture.shape[2:])
    hr = picture[..., top : top + side, left : left + side]
    return resize_uint8(hr, (small, small)).float() / 255, hr


def passes(small: int, side: int, ratio: float) -> dict[str, tuple[Pass, ...]]:
    """Return the passes of each way."""
    correct = Pass(height=side, width=side, ratio=1.0, corrects=True)
    itself = (Pass(height=side, width=side, ratio=ratio),)
    double = Pass(height=2 * small, width=2 * small, ratio=2.0)
    reduced = (double, Pass(height=side, width=side, ratio=1.0, resample=True))
    ways = (itself, (*itself, correct), reduced, (*reduced, correct))
    return dict(zip(WAYS, ways, strict=True))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--models", default="asdn-fast")
    parser.add_argument("--every", type=int, default=1, help="use every so many pictures")
    options = parser.parse_args()
    pictures = [read_uint8(path) for path in picture_files(options.folder)[:: options.every]]
    print(f"| {len(pictures)} pictures | {' | '.join(f'{ratio:g}' for ratio in RATIOS)} |")
    print(f"|---|{'--:|' * len(RATIOS)}")
    columns = [[pair(one, ratio) for one in pictures] for ratio in RATIOS]
    plain = [
        fmean(score(bicubic(lr, hr.shape[2:], ratio), hr, ratio).psnr_y for lr, hr in pairs)
        for ratio, pairs in zip(RATIOS, columns, strict=True)
    ]
    print(f"| bicubic | {' | '.join(f'{value:.2f}' for value in plain)} |")
    for model in options.models.split(","):
        run = NetworkRunner(
            load_model(locate(model)).network, Compute(device=torch.device("cpu"))
        ).run_passes
        for way in WAYS:
            means = [
                fmean(
                    score(run(lr, passes(lr.shape[2], hr.shape[2], ratio)[way]), hr, ratio).psnr_y
                    for lr, hr in pairs
                )
                for ratio, pairs in zip(RATIOS, columns, strict=True)
            ]
            cells = " | ".join(f"{value:.2f}" for value in means)
            print(f"| `{model}`, {way} | {cells} |", flush=True)


if __name__ == "__main__":
    main()
