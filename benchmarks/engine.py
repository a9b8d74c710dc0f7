"""What the engine costs beside the network, and what precision and tiles change.

One process, in turn, medians; ratios are to the plain form: PyTorch's bicubic enlargement of
the whole picture and one call of the network on it.

    python benchmarks/engine.py [--side 512] [--rounds 5]
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

from srcli.engine.device import Compute
from srcli.engine.network_runner import NetworkRunner, UpscaleOptions
from srcli.weights.catalog.included import DEFAULT_MODEL
from srcli.weights.formats.checkpoint import load_model
from srcli.weights.providers.store import locate

CPU = torch.device("cpu")


def forms(image: Tensor, size: tuple[int, int]) -> dict[str, Callable[[], Tensor]]:
    network = load_model(locate(DEFAULT_MODEL)).network
    network.to(memory_format=torch.channels_last)
    reduced = Compute(device=CPU, dtype=torch.bfloat16)

    @torch.inference_mode()
    def plain() -> Tensor:
        enlarged = functional.interpolate(image, size, mode="bicubic", antialias=True)
        return network(enlarged.contiguous(memory_format=torch.channels_last), 2.0).clamp(0, 1)

    def through_engine(compute: Compute, tile: int) -> Callable[[], Tensor]:
        runner = NetworkRunner(network, compute, UpscaleOptions(tile=tile))
        return lambda: runner(image, size, ratio=2.0)

    exact = Compute(device=CPU)
    tiles = {f"engine, tile {tile}": through_engine(exact, tile) for tile in (64, 128, 256, 512)}
    return {
        "plain": plain,
        "engine, whole": through_engine(exact, max(size)),
        **tiles,
        "engine, tile 512, bfloat16": through_engine(reduced, 512),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", type=int, default=512)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    torch.manual_seed(0)
    noise = torch.rand(1, 3, arguments.side // 8, arguments.side // 8)
    image = functional.interpolate(noise, scale_factor=8, mode="bilinear")
    size = 2 * image.shape[2], 2 * image.shape[3]
    candidates = forms(image, size)
    results = {name: run() for name, run in candidates.items()}
    seconds: dict[str, list[float]] = {name: [] for name in candidates}
    for _ in range(arguments.rounds):
        for name, run in candidates.items():
            start = time.perf_counter()
            run()
            seconds[name].append(time.perf_counter() - start)
    base = statistics.median(seconds["plain"])
    for name, measured in seconds.items():
        median = statistics.median(measured)
        difference = (results[name] - results["engine, whole"]).abs().max().item()
        print(
            f"{name:28} {median:7.3f} s  {median / base:5.2f} x plain  "
            f"{size[0] * size[1] / median / 1e6:5.2f} Mpx/s  difference {difference:.1e}"
        )


if __name__ == "__main__":
    main()
