"""Run two forms of one module in turn in one process and print how they compare.

Wall time and processor time are medians over the runs. On a busy machine set
``OMP_WAIT_POLICY=passive``: otherwise threads that wait for each other burn the processor that
the other one waits for, and a form of many small steps looks several times slower than it is.
Memory is the peak of the resident set above what was resident before the call, which
Linux alone can reset and report.
"""

from __future__ import annotations

import argparse
import gc
import re
import statistics
import time
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

PROCESS = Path("/proc/self")
RESET_PEAK = "5"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One call: its output, seconds and bytes."""

    output: Tensor
    wall: float
    processor: float
    memory: int


def resident(field: str) -> int:
    """Return a field of the process status, ``VmRSS`` or ``VmHWM``, in bytes."""
    found = re.search(rf"{field}:\s+(\d+) kB", (PROCESS / "status").read_text())
    return int(found[1]) * 1024 if found else 0


def run(module: nn.Module, features: Tensor) -> Run:
    gc.collect()
    (PROCESS / "clear_refs").write_text(RESET_PEAK)
    before = resident("VmRSS")
    wall, processor = time.perf_counter(), time.process_time()
    with torch.inference_mode():
        output = module(features)
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    return Run(output=output, wall=wall, processor=processor, memory=resident("VmHWM") - before)


def compare(title: str, ours: nn.Module, direct: nn.Module, features: Tensor, runs: int) -> None:
    """Print time, memory and difference of both forms, in turn, ``runs`` times."""
    pairs = [(run(ours, features), run(direct, features)) for _ in range(runs)]
    wall = [statistics.median(pair[i].wall for pair in pairs) for i in range(2)]
    processor = [statistics.median(pair[i].processor for pair in pairs) for i in range(2)]
    memory = [max(pair[i].memory for pair in pairs) for i in range(2)]
    difference = (pairs[0][0].output - pairs[0][1].output).abs().max() / pairs[0][1].output.std()
    print(
        f"{title:34} wall {wall[0]:7.2f} s against {wall[1]:7.2f} s = {wall[1] / wall[0]:5.2f}x"
        f" | processor {processor[1] / processor[0]:5.2f}x"
        f" | memory {memory[0] / 1e6:6.0f} MB against {memory[1] / 1e6:6.0f} MB"
        f" = {memory[1] / max(memory[0], 1):5.2f}x | difference {difference:.1e} of std",
        flush=True,
    )


def arguments(description: str, size: int) -> argparse.ArgumentParser:
    """Return a parser with the options that both benchmarks share."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--size", type=int, default=size, help="height and width of the LR")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--runs", type=int, default=3, help="alternated runs of each form")
    parser.add_argument("--only", default="", help="run the lines that contain this")
    return parser
