"""Compare the memory that rows of a network take with what is planned for them.

    python benchmarks/row_memory.py [--models asdn-fast,asdn-base] [--widths 500,1000,2000,4000]
                                    [--threads 1]

Pictures of these widths and 200 rows are enlarged twice, in float32 and bfloat16.
``measured`` is the peak of the process above what was resident before. The engine expects it to be
at most ``MEMORY_SHARE`` times what is planned.
"""

from __future__ import annotations

import argparse
import gc
import sys

import torch
from compare import PROCESS, RESET_PEAK, resident

from srcli.engine.device import Compute
from srcli.engine.host import give_memory_back
from srcli.engine.network_runner import NetworkRunner, UpscaleOptions
from srcli.engine.row_runner import RowRunner
from srcli.networks.blocks.residual import ResidualNetwork
from srcli.weights.formats.checkpoint import load_model
from srcli.weights.providers.store import locate

ROWS = 200


def main() -> None:
    parser = argparse.ArgumentParser(description="memory of rows, planned and measured")
    parser.add_argument("--models", default="asdn-fast,asdn-base")
    parser.add_argument("--widths", default="500,1000,2000,4000")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    print(f"{'':34}{'planned':>9}{'measured':>9}  times")
    for name in options.models.split(","):
        network = load_model(locate(name)).network
        if not isinstance(network, ResidualNetwork):
            sys.exit(f"{name} does not run row by row")
        for dtype in (torch.float32, torch.bfloat16):
            compute = Compute(device=torch.device("cpu"), dtype=dtype)
            rows = RowRunner(compute=compute, pad_border=True, borders=("symmetric", "symmetric"))
            for width in map(int, options.widths.split(",")):
                planned = rows.planned_bytes(2 * width, network.layers(2.0))
                runner = NetworkRunner(network, compute, UpscaleOptions(pad_border=True))
                picture = torch.randint(0, 256, (1, 3, ROWS, width), dtype=torch.uint8)
                passes = runner.plan_passes((ROWS, width), (2 * ROWS, 2 * width), 2.0)
                gc.collect()
                give_memory_back()
                (PROCESS / "clear_refs").write_text(RESET_PEAK)
                before = resident("VmRSS")
                runner.run_into(picture, passes, lambda *_: None)
                measured = resident("VmHWM") - before
                print(
                    f"{name:12}{dtype!s:16}{width:6}{planned / 1e6:9.1f}{measured / 1e6:9.1f}"
                    f"{measured / planned:7.2f}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
