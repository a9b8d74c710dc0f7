"""500 small pictures: the pipeline's wall time over the network's, and whether memory grows.

    python benchmarks/batch.py [--side 64] [--count 500] [--threads 1]

The network's time is that in which rows run through its layers. The engine's has enlarging to
the network's grid in it, as the times of ``srcli bench`` and of the manifest have. On a machine
that does other work, wall time counts what the other threads wait for; the processor time of the
network's thread does not. Memory is what is resident, after every tenth picture; its slope is that
of a line fitted through the second half.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from srcli.batch.outcome import SilentListener, Upscaled
from srcli.networks.blocks.row_stream import RowStream
from srcli.pipeline.sizes import SizeRequest
from srcli.usecases.upscale import upscale
from srcli.usecases.upscale_request import UpscaleRequest

FEWEST = 5
"""Measurements of memory through which a line is fitted."""
SAMPLED = 10
"""Pictures from one look at memory to the next."""


def make_pictures(folder: Path, *, count: int, side: int) -> None:
    """Smooth shapes with some noise, so that files are about as large as photographs'."""
    random = np.random.default_rng(0)
    rows, columns = np.mgrid[:side, :side] / side
    for number in range(count):
        waves = [np.sin(random.uniform(2, 20) * (rows + columns * n)) for n in range(3)]
        levels = 128 + 90 * np.stack(waves, -1) + random.normal(0, 4, (side, side, 3))
        Image.fromarray(levels.clip(0, 255).astype(np.uint8)).save(folder / f"{number:05}.png")


class Stopwatch(SilentListener):
    """Seconds in which rows ran through a network, and when the batch began."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.processor = 0.0
        self.began = 0.0
        self.began_processor = 0.0

    def found(self, _: int) -> None:
        self.began, self.began_processor = time.perf_counter(), time.thread_time()

    def watch(self) -> None:
        """Count the seconds in which rows run through a network from now on."""
        push = RowStream.push

        def timed(stream: RowStream, image: Tensor, *, last: bool) -> Tensor:
            entered, entered_processor = time.perf_counter(), time.thread_time()
            made = push(stream, image, last=last)
            self.seconds += time.perf_counter() - entered
            self.processor += time.thread_time() - entered_processor
            return made

        RowStream.push = timed  # type: ignore[method-assign] # to look on


def resident() -> int:
    """Bytes of memory that this process holds."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", type=int, default=64)
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--threads", type=int, default=1)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    watch, memory = Stopwatch(), []
    watch.watch()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "in").mkdir()
        make_pictures(folder / "in", count=given.count, side=given.side)
        request = UpscaleRequest(
            inputs=(str(folder / "in"),), size=SizeRequest(scale=(2, 2)), output=str(folder / "out")
        )
        engine = 0.0
        for number, outcome in enumerate(upscale(request, watch)):
            assert isinstance(outcome, Upscaled)  # noqa: S101 - else there is nothing to measure
            engine += outcome.network_seconds
            if number % SAMPLED == 0:
                memory.append(resident())
        wall = time.perf_counter() - watch.began
        processor = time.thread_time() - watch.began_processor
    print(f"{given.count} pictures of {given.side}x{given.side}, {given.threads} threads")
    print(f"wall {wall:.2f} s, network {watch.seconds:.2f} s, ratio {wall / watch.seconds:.3f}")
    print(f"engine {engine:.2f} s, ratio {wall / engine:.3f}")
    print(f"its thread's processor time {processor / watch.processor:.3f} of that in the network")
    half = len(memory) // 2
    if len(memory) - half < FEWEST:
        return
    slope = np.polyfit(range(half, len(memory)), memory[half:], 1)[0]
    first, last = memory[half] / 1e6, memory[-1] / 1e6
    print(f"memory {first:.0f} to {last:.0f} MB, slope {slope / SAMPLED:.0f} B a picture")


if __name__ == "__main__":
    main()
