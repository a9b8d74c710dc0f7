"""How near a GPU comes to the speed of its convolutions, and what starting kernels one by one costs.

    python benchmarks/gpu.py [--model asdn-fast] [--megapixels 0.2,3,12] [--device cuda]

For each size of the result at x2, the least of several times of: the engine, from a picture on the
host to a result on the host; the network alone on an enlarged picture that is on the device; and
the same as a recorded CUDA graph, which is the plain form. *of peak* is the rate of the graph's
multiply-adds over that of one convolution of the network's width on a large picture.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

from srcli.bench.cost import kmacs_per_pixel
from srcli.engine.device import PRECISIONS, Compute, choose_device
from srcli.engine.network_runner import NetworkRunner
from srcli.networks.blocks.residual import ResidualNetwork
from srcli.weights.formats.checkpoint import load_model
from srcli.weights.providers.store import locate

RATIO = 2.0
PEAK_SIDE, ROUNDS = 1024, 5


def least(run: Callable[[], object]) -> float:
    """Return the least of the seconds that some runs take on the device."""
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
    options = parser.parse_args()
    torch.backends.cudnn.benchmark = True
    compute = Compute(device=choose_device(options.device), dtype=PRECISIONS[options.precision])
    network = load_model(locate(options.model)).network.eval()
    assert isinstance(network, ResidualNetwork)
    channels = len(network.layers(RATIO).head[0][0])
    runner = NetworkRunner(network, compute)
    best = peak(channels, compute.dtype, compute.device)
    print(f"{torch.cuda.get_device_name()}, {options.precision}, peak {2e-12 * best:.1f} TFLOP/s")
    print("| Mpx | engine, Mpx/s | network, Mpx/s | graph, Mpx/s | of peak |")
    print("|--:|--:|--:|--:|--:|")
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

        pixels = size[0] * size[1]
        runner(image, size, ratio=RATIO)
        engine = pixels / least(lambda: runner(image, size, ratio=RATIO))  # noqa: B023 - at once
        alone()
        plain = pixels / least(alone)
        graph = pixels / least(recorded(alone))
        print(
            f"| {megapixels:g} | {engine / 1e6:.1f} | {plain / 1e6:.1f} | {graph / 1e6:.1f} "
            f"| {graph * macs / best:.2f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
