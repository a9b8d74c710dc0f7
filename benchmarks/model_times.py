"""Measure what each model takes for a megapixel, relative to asdn-fast.

``python benchmarks/model_times.py``: every model of the catalogue whose weights are on this machine
enlarges noise as ``srcli upscale`` does, in float32, in one thread, in turn with asdn-fast at the
factor 2. The noise has 96x96 pixels, or 192x192 where a model keeps the size. A network whose reach
is finite runs twice over a smaller picture (``NATIVE_SAMPLES``), which would double its time.
Processor time is counted, which other programs disturb less than they disturb the clock; the least
of the rounds counts. Models of any factor are run at 2. Prints a line for each model: its id, its
seconds for a megapixel of the result, and these divided by those of asdn-fast, which the catalogue
keeps as ``relative_time``.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from srcli.engine.device import Compute
from srcli.engine.network_runner import NetworkRunner, UpscaleOptions
from srcli.errors import WeightsError
from srcli.management.models import list_models
from srcli.weights.catalog.included import DEFAULT_MODEL
from srcli.weights.formats.checkpoint import load_model
from srcli.weights.providers.store import verify

CPU = Compute(device=torch.device("cpu"))
SIDE = 96
LEAST_RESULT = 192
USUAL_RATIO = 2


def prepared(model: str) -> Callable[[], Tensor]:
    """Return what makes one picture with a model."""
    network = load_model(verify(model)).network
    ratio = network.traits.scale or USUAL_RATIO
    runner = NetworkRunner(network, CPU, UpscaleOptions())
    side = max(SIDE * ratio, LEAST_RESULT)
    low = torch.rand(1, 3, side // ratio, side // ratio)
    return lambda: runner(low, (side, side), ratio=float(ratio))


def seconds(run: Callable[[], Tensor]) -> float:
    """Return the processor seconds of one call for a megapixel of its result."""
    began = time.process_time()
    result = run()
    height, width = result.shape[2:]
    return (time.process_time() - began) / (height * width / 1e6)


def present(wanted: str) -> Iterator[str]:
    for listed in list_models():
        name = listed.model.id
        if listed.place in {"included", "here"} and (not wanted or name in wanted.split(",")):
            yield name


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", default="", help="ids, joined by commas")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    default = prepared(DEFAULT_MODEL)
    default()
    for name in present(arguments.models):
        try:
            run = prepared(name)
        except WeightsError as error:
            print(f"{name}: {error}")
            continue
        pairs = [(seconds(run), seconds(default)) for _ in range(arguments.rounds)]
        own, other = (min(times) for times in zip(*pairs, strict=True))
        print(f"{name}: {own:.2f} s, {own / other:.2f} times {DEFAULT_MODEL}", flush=True)


if __name__ == "__main__":
    main()
