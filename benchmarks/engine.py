"""How near the engine comes to the speed of the convolutions alone, and what tiles cost.

Each case is a process of its own, on ``--threads``. It takes the least of several times of: one
convolution of the network's width on rows that fit the cache, which is the peak of the processor;
the engine as it runs by default; the engine in tiles of 512; and the plain form, which is
PyTorch's bicubic enlargement of the whole picture and one call of the network on it.

    python benchmarks/engine.py [--models asdn-fast,asdn-base] [--megapixels 0.2,3,12]
                                [--threads 1] [--precision float32] [--rounds 3]

*of peak* is the rate of the engine's multiply-adds over that of the one convolution. *plain* and
*tiles* say how many times as fast the engine is. Megapixels are those of the result at x2. The
memory is the highest resident set, less that before the first run. OpenCV's enlargements of the
same picture are beside them.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable

import cv2
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from srcli.bench.cost import kmacs_per_pixel
from srcli.engine.device import PRECISIONS, Compute
from srcli.engine.network_runner import NetworkRunner, UpscaleOptions
from srcli.networks.blocks.residual import ResidualNetwork
from srcli.weights.formats.checkpoint import load_model
from srcli.weights.providers.store import locate

CPU = torch.device("cpu")
RATIO = 2.0
WIDTH, HEIGHT = 4, 3
PLAIN_UP_TO = 4e6
PEAK_ROWS, PEAK_COLUMNS, PEAK_ROUNDS = 8, 1024, 200


def least(rounds: int, run: Callable[[], object]) -> float:
    """Return the least of the seconds that some runs take."""
    seconds = []
    for _ in range(rounds):
        start = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def peak(channels: int, dtype: torch.dtype) -> float:
    """Return the multiply-adds a second of one convolution whose rows are in the cache."""
    layer = nn.Conv2d(channels, channels, 3, padding=(0, 1)).to(dtype)
    layer.to(memory_format=torch.channels_last)
    rows = torch.rand(1, channels, PEAK_ROWS + 2, PEAK_COLUMNS).to(dtype)
    rows = rows.contiguous(memory_format=torch.channels_last)
    with torch.inference_mode():
        seconds = least(PEAK_ROUNDS, lambda: layer(rows))
    return 9 * channels**2 * PEAK_ROWS * PEAK_COLUMNS / seconds


def measure(model: str, megapixels: float, precision: str, rounds: int) -> dict[str, float]:
    """Measure one model on one size."""
    network = load_model(locate(model)).network.eval()
    if not isinstance(network, ResidualNetwork):
        sys.exit(f"{model} does not run row by row.")
    compute = Compute(device=CPU, dtype=PRECISIONS[precision])
    unit = round((megapixels * 1e6 / WIDTH / HEIGHT) ** 0.5 / RATIO)
    height, width = HEIGHT * unit, WIDTH * unit
    size = round(RATIO * height), round(RATIO * width)
    torch.manual_seed(0)
    noise = torch.rand(1, 3, height // 8 + 1, width // 8 + 1)
    image = functional.interpolate(noise, (height, width), mode="bilinear")
    channels = len(network.layers(RATIO).head[0][0])
    runner = NetworkRunner(network, compute)
    tiled = NetworkRunner(network, compute, UpscaleOptions(tile=512))
    plain_network = load_model(locate(model)).network.eval()

    @torch.inference_mode()
    def plain() -> Tensor:
        enlarged = functional.interpolate(image, size, mode="bicubic")
        with compute.autocast():
            return plain_network(enlarged, RATIO).clamp(0, 1)

    macs = 1000 * size[0] * size[1]
    macs *= kmacs_per_pixel(lambda low, to, by: runner(low, to, ratio=by), RATIO, local=True)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    best = peak(channels, compute.dtype)
    by_rows = least(rounds, lambda: runner(image, size, ratio=RATIO))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    best = max(best, peak(channels, compute.dtype))
    by_tiles = least(rounds, lambda: tiled(image, size, ratio=RATIO))
    once = least(rounds, plain) if size[0] * size[1] <= PLAIN_UP_TO else float("nan")
    levels = np.ascontiguousarray((image[0].permute(1, 2, 0).numpy() * 255).astype(np.uint8))
    return {
        "rate": size[0] * size[1] / by_rows / 1e6,
        "of peak": macs / by_rows / best,
        "plain": once / by_rows,
        "tiles": by_tiles / by_rows,
        "memory": memory / 1024,
        "bicubic": least(
            rounds, lambda: cv2.resize(levels, size[::-1], None, 0, 0, cv2.INTER_CUBIC)
        ),
        "lanczos": least(
            rounds, lambda: cv2.resize(levels, size[::-1], None, 0, 0, cv2.INTER_LANCZOS4)
        ),
        "seconds": by_rows,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="the engine beside one convolution")
    parser.add_argument("--models", default="asdn-fast,asdn-base")
    parser.add_argument("--megapixels", default="0.2,3,12")
    parser.add_argument("--precision", default="float32", choices=PRECISIONS)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--case", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    cv2.setNumThreads(options.threads)
    if options.case:
        model, megapixels = options.case
        found = measure(model, float(megapixels), options.precision, options.rounds)
        print(json.dumps(found))
        return
    print("| model | Mpx | Mpx/s | of peak | x plain | x tiles | MB | bicubic, s | Lanczos, s |")
    print("|---|--:|--:|--:|--:|--:|--:|--:|--:|")
    for model in options.models.split(","):
        for megapixels in options.megapixels.split(","):
            command = [sys.executable, *sys.argv, "--case", model, megapixels]
            made = subprocess.run(command, check=True, stdout=subprocess.PIPE)  # noqa: S603 - itself
            found = json.loads(made.stdout)
            print(
                f"| `{model}` | {megapixels} | {found['rate']:.2f} | {found['of peak']:.2f} "
                f"| {found['plain']:.2f} | {found['tiles']:.2f} | {found['memory']:.0f} "
                f"| {found['bicubic']:.3f} | {found['lanczos']:.3f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
