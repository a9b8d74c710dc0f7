"""Score models on pictures that were reduced and compressed, as those in the wild are.

``python benchmarks/photo.py FOLDER --models asdn-fast,asdn-photo``: every picture of the folder
is reduced as the benchmarks do it, passed through JPEG (4:2:0), enlarged, and compared with
itself by the published protocol. Bicubic is always measured along.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from statistics import fmean

import torch

from srcli.bench.baselines import bicubic
from srcli.bench.source import Source
from srcli.engine.device import Compute
from srcli.engine.upscaler import Upscaler
from srcli.metrics.protocol import score
from srcli.training.patches import picture_files
from srcli.weights.checkpoint import load_model
from srcli.weights.store import locate


def main() -> None:
    parser = argparse.ArgumentParser(description="PSNR-Y on reduced and compressed pictures")
    parser.add_argument("folder", type=Path, help="of HR pictures")
    parser.add_argument("--models", default="asdn-fast,asdn-photo")
    parser.add_argument("--scale", type=float, default=2.0)
    parser.add_argument("--quality", type=int, default=75, help="of JPEG, 1 to 100")
    parser.add_argument("--every", type=int, default=1, help="use every so many pictures")
    options = parser.parse_args()
    compute = Compute(device=torch.device("cpu"))
    runs = {"bicubic": bicubic}
    for model in options.models.split(","):
        network = load_model(locate(model, options.scale)).network
        runs[model] = Upscaler(network, compute)
    found: dict[str, list[float]] = {name: [] for name in runs}
    for path in picture_files(options.folder)[:: options.every]:
        reduced, hr = Source(path, jpeg=options.quality).pair(options.scale)
        lr = reduced / 255
        size = hr.shape[2], hr.shape[3]
        for name, run in runs.items():
            sr = run(lr, size, options.scale) if run is bicubic else run(lr, size)
            found[name].append(score(sr, hr, options.scale).psnr_y)
    for name, values in found.items():
        print(f"{name:12} {fmean(values):6.3f} dB over {len(values)} pictures")


if __name__ == "__main__":
    main()
