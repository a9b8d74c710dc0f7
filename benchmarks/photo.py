"""Score models on pictures that were reduced and compressed, as those in the wild are.

``python benchmarks/photo.py FOLDER --models asdn-fast,asdn-photo --quality 75,90``: every picture
of the folder is reduced as the benchmarks do it, passed through JPEG (4:2:0), enlarged, and
compared with itself by the published protocol. Bicubic is always measured along. Prints a
Markdown table of PSNR-Y; the last column counts the pictures of which the last model makes more
than the first.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from statistics import fmean

import torch
from torch import Tensor

from srcli.bench.baselines import bicubic
from srcli.bench.source import Source
from srcli.engine.device import Compute
from srcli.engine.upscaler import Upscaler
from srcli.metrics.protocol import score
from srcli.training.patches import picture_files
from srcli.weights.checkpoint import load_model
from srcli.weights.store import locate

Run = Callable[[Tensor, tuple[int, int], float], Tensor]


def main() -> None:
    parser = argparse.ArgumentParser(description="PSNR-Y on reduced and compressed pictures")
    parser.add_argument("folder", type=Path, help="of HR pictures")
    parser.add_argument("--models", default="asdn-fast,asdn-photo")
    parser.add_argument("--scale", default="2", help="by commas")
    parser.add_argument("--quality", default="75", help="of JPEG, 1 to 100, by commas")
    parser.add_argument("--every", type=int, default=1, help="use every so many pictures")
    options = parser.parse_args()
    torch.set_num_threads(1)
    models = options.models.split(",")
    pictures = picture_files(options.folder)[:: options.every]
    print(f"{len(pictures)} pictures\n")
    print(f"| scale | quality | bicubic | {' | '.join(models)} | more |")
    print(f"|--:|--:|{'--:|' * (len(models) + 2)}")
    for scale in map(float, options.scale.split(",")):
        runs = [bicubic, *(upscale_with(model, scale) for model in models)]
        for quality in map(int, options.quality.split(",")):
            rows = [measured(path, quality, scale, runs) for path in pictures]
            means = " | ".join(f"{fmean(values):.2f}" for values in zip(*rows, strict=True))
            more = sum(row[-1] > row[1] for row in rows)
            print(f"| x{scale:g} | {quality} | {means} | {more} |", flush=True)


def upscale_with(model: str, scale: float) -> Run:
    upscaler = Upscaler(
        load_model(locate(model, scale)).network, Compute(device=torch.device("cpu"))
    )
    return lambda lr, size, ratio: upscaler(lr, size, ratio=ratio)


def measured(path: Path, quality: int, scale: float, runs: list[Run]) -> list[float]:
    """Return the PSNR-Y that each run reaches on a picture."""
    reduced, hr = Source(path, jpeg=quality).pair(scale)
    lr, size = reduced / 255, (hr.shape[2], hr.shape[3])
    return [score(run(lr, size, scale), hr, scale).psnr_y for run in runs]


if __name__ == "__main__":
    main()
