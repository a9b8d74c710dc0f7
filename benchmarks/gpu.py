"""How near a GPU comes to the speed of its convolutions, and what the host costs.

    python benchmarks/gpu.py [--model asdn-fast] [--megapixels 0.2,3,12] [--device cuda]
                             [--tiles 512,1024]

For each size of the result at x2, the least of several times of: the engine, from a picture on the
host to a result on the host, at its own side of tiles and at those asked for; the tiles of the
engine without a result on the host, which is what sending, enlarging, the network with its halos,
and fetching take; the network alone on an enlarged picture that is on the device; and
the same as a recorded CUDA graph, which is the plain form. *of peak* is the rate of the graph's
multiply-adds over that of one convolution of the network's width on a large picture.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional

from srcli.bench.cost import kmacs_per_pixel
from srcli.engine.device import PRECISIONS, Compute, choose_device
from srcli.engine.network_runner import NetworkRunner, UpscaleOptions
from srcli.networks.blocks.residual import ResidualNetwork
from srcli.weights.formats.checkpoint import load_model
from srcli.weights.providers.store import locate

RATIO = 2.0
PEAK_SIDE, ROUNDS = 1024, 5


def least(run: Callable[[], object]) -> float:
    """Return the least of the seconds that some runs take on the device, after a first one."""
    run()
    seconds = []
    for _ in range(ROUNDS):
        torch.cuda.synchronize()
        start = time.perf_counter()
        run()
        torch.cuda.synchronize()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def peak(channels: int, dtype: torch.dtype, device: torch.device) -> float:
    """Return the multiply-adds a second of one convolution of a large picture."""
    layer = nn.Conv2d(channels, channels, 3, padding=1, device=device, dtype=dtype)
    layer.to(memory_format=torch.channels_last)
    image = torch.rand(4, channels, PEAK_SIDE, PEAK_SIDE, device=device, dtype=dtype)
    image = image.contiguous(memory_format=torch.channels_last)
    with torch.inference_mode():
        layer(image)
        return 9 * channels**2 * image[:, 0].numel() / least(lambda: layer(image))


def recorded(work: Callable[[], Tensor]) -> Callable[[], None]:
    """Return the work as a CUDA graph."""
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        work()
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        work()
    return graph.replay


def main() -> None:
    parser = argparse.ArgumentParser(description="the engine on a GPU beside a recorded graph")
    parser.add_argument("--model", default="asdn-fast")
    parser.add_argument("--megapixels", default="0.2,3,12")
    parser.add_argument("--precision", default="bfloat16", choices=PRECISIONS)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--tiles", default="", help="sides of tiles to try besides the default")
    options = parser.parse_args()
    torch.backends.cudnn.benchmark = True
    compute = Compute(device=choose_device(options.device), dtype=PRECISIONS[options.precision])
    network = load_model(locate(options.model)).network.eval()
    if not isinstance(network, ResidualNetwork):
        parser.error("The model must be a network of residual blocks.")
    channels = len(network.layers(RATIO).head[0][0])
    runner = NetworkRunner(network, compute)
    sides = [int(side) for side in options.tiles.split(",") if side]
    runners = [runner, *(NetworkRunner(network, compute, UpscaleOptions(tile=n)) for n in sides)]
    best = peak(channels, compute.dtype, compute.device)
    print(f"{torch.cuda.get_device_name()}, {options.precision}, peak {2e-12 * best:.1f} TFLOP/s")
    heads = [f"tiles of {one.tile}" for one in runners]
    heads = ["Mpx", *heads, "nothing held", "network", "graph", "of peak"]
    print("Rates are in Mpx/s.", " | ".join(heads), "|".join("--:" for _ in heads), sep="\n")
    macs = 1000 * kmacs_per_pixel(lambda low, to, by: runner(low, to, ratio=by), RATIO, local=True)
    for megapixels in map(float, options.megapixels.split(",")):
        height, width = (round((megapixels * 1e6 / 12) ** 0.5 / RATIO) * n for n in (3, 4))
        size = round(RATIO * height), round(RATIO * width)
        image = torch.rand(1, 3, height, width)
        enlarged = functional.interpolate(image, size, mode="bicubic").to(compute.device)
        enlarged = enlarged.contiguous(memory_format=torch.channels_last)

        @torch.inference_mode()
        def alone(shown: Tensor = enlarged) -> Tensor:
            with compute.autocast():
                made: Tensor = network(shown, RATIO)
            return made

        def engine(one: NetworkRunner, low: Tensor = image, to: tuple[int, int] = size) -> None:
            one(low, to, ratio=RATIO)

        def given_away(low: Tensor = image, to: tuple[int, int] = size) -> None:
            passes = runner.plan_passes((low.shape[2], low.shape[3]), to, RATIO)
            runner.run_into(low, passes, lambda *_: None)

        works = [*(partial(engine, one) for one in runners), given_away, alone, recorded(alone)]
        rates = [size[0] * size[1] / seconds for seconds in map(least, works)]
        numbers = [f"{rate / 1e6:.1f}" for rate in rates]
        print(f"{megapixels:g}", *numbers, f"{rates[-1] * macs / best:.2f}", sep=" | ", flush=True)


if __name__ == "__main__":
    main()
