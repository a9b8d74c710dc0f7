"""How well batches that are made ahead hide behind the step that uses the last one.

The step is a wait one and a half times as long as a batch takes to make: a device at work,
which leaves this machine's cores alone. Printed is the time of a run over that of its waits
alone; 1 is a device that never waits.

    python benchmarks/loader.py FOLDER_OF_PICTURES
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import torch

from srcli.networks.catalog import NETWORKS
from srcli.training.batch_sampler import BatchSampler
from srcli.training.batch_workers import prepared
from srcli.training.config import TrainConfig
from srcli.training.patches import CropSource, picture_files

STEPS = 24
PICTURES = 6


def seconds(make: BatchSampler, *, processes: int, wait: float) -> float:
    began = time.monotonic()
    with prepared(make, range(STEPS), processes=processes) as batches:
        for _ in batches:
            time.sleep(wait)
    return time.monotonic() - began


def main() -> None:
    torch.set_num_threads(1)
    spec = NETWORKS["asdn"]
    traits = spec.build(spec.configure("fast")).traits
    files = picture_files(Path(sys.argv[1]))[:PICTURES]
    for degradation in ("bicubic", "photo", "wild"):
        config = TrainConfig(network="asdn", preset="fast", steps=1, degradation=degradation)
        source = CropSource(files, 112)
        make = BatchSampler(source, config, traits, slice(None))
        each = seconds(make, processes=0, wait=0.0) / STEPS
        wait = 1.5 * each
        print(f"{degradation}: {1e3 * each:.0f} ms a batch")
        left = BatchSampler(source, config, traits, slice(None), later=True)
        rest = seconds(left, processes=0, wait=0.0) / STEPS
        print(f"  without what a GPU does itself: {rest / each:.2f} of that")
        for processes in (0, 1, 2):
            ratio = seconds(make, processes=processes, wait=wait) / (STEPS * wait)
            print(f"  {processes} processes: {ratio:.2f}")


if __name__ == "__main__":
    main()
