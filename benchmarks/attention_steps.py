"""Compare sizes of the steps of patch attention: ``python benchmarks/attention_steps.py``.

CSNLN and PANet, with random weights, run in one thread with each size in turn in one process. The
table shows the least processor seconds of one call for each size, 2^18 to 2^21 scores by default,
and by how much results differ from those of the first size. ``--sides`` are those of the picture;
the engine shows light networks 48 pixels a side.
"""

from __future__ import annotations

import argparse
import time

import torch

from srcli.networks import csnln, panet
from srcli.networks.blocks import patch_attention

BUILD = {
    "csnln light": lambda: csnln.Csnln(csnln.LIGHT),
    "panet light": lambda: panet.Panet(panet.LIGHT),
    "csnln paper": lambda: csnln.Csnln(csnln.PAPER),
    "panet paper": lambda: panet.Panet(panet.PAPER),
}


def main() -> None:
    parser = argparse.ArgumentParser(description="steps of patch attention")
    parser.add_argument("--only", default="", help="part of a network's name")
    parser.add_argument("--sides", default="32,48,64,96")
    parser.add_argument("--steps", default="18,19,20,21", help="powers of two")
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    torch.set_num_threads(1)
    steps = [int(power) for power in options.steps.split(",")]
    print(f"{'':18}" + "".join(f"{f'2^{power}':>8}" for power in steps) + "  difference")
    for title, build in BUILD.items():
        if options.only not in title:
            continue
        torch.manual_seed(0)
        network = build().eval().to(memory_format=torch.channels_last)
        for side in map(int, options.sides.split(",")):
            picture = torch.rand(1, 3, side, side).contiguous(memory_format=torch.channels_last)
            seconds: dict[int, float] = {}
            outputs = {}
            for _ in range(options.runs):
                for power in steps:
                    patch_attention.STEP_SAMPLES = 2**power
                    began = time.process_time()
                    with torch.inference_mode():
                        outputs[power] = network(picture)
                    took = time.process_time() - began
                    seconds[power] = min(took, seconds.get(power, took))
            worst = max((outputs[power] - outputs[steps[0]]).abs().max() for power in steps)
            times = "".join(f"{seconds[power]:8.3f}" for power in steps)
            print(f"{title:12}{side:4}  {times}  {worst:.1e}", flush=True)


if __name__ == "__main__":
    main()
