"""What ``srcli bench`` takes beside the networks: decoding, reducing, scoring, reporting.

Ratios of the time of a whole bench to the time inside the network, of one run each, as the
records carry it; medians over the rounds. ``work`` is from the loaded tool to the report,
``command`` is the whole process, which begins with importing PyTorch.

    python benchmarks/bench.py [--dataset Set5] [--model asdn-fast] [--scale 2,3,4] [--rounds 5]
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time

import torch

from srcli.usecases.bench import bench
from srcli.usecases.bench_request import BenchRequest


def work(dataset: str, model: str, scales: str) -> tuple[float, float]:
    """Return the seconds of a bench in this process, and those inside the network."""
    request = BenchRequest(
        models=(model,),
        scales=tuple(map(float, scales.split(","))),
        datasets=(dataset,),
        form="json",
    )
    began = time.perf_counter()
    text = bench(request, lambda _: None).text
    return time.perf_counter() - began, network_seconds(text)


def command(dataset: str, model: str, scales: str) -> tuple[float, float]:
    """Return the seconds of the command, and those inside the network."""
    arguments = ("--dataset", dataset, "--model", model, "--scale", scales, "--format", "json")
    began = time.perf_counter()
    done = subprocess.run(  # noqa: S603 - this interpreter
        (sys.executable, "-m", "srcli", "bench", *arguments),
        check=True,
        capture_output=True,
        text=True,
    )
    return time.perf_counter() - began, network_seconds(done.stdout)


def network_seconds(report: str) -> float:
    return sum(row["seconds"] for row in json.loads(report)["rows"])


def main() -> None:
    parser = argparse.ArgumentParser(description="bench's time over the network's")
    parser.add_argument("--dataset", default="Set5")
    parser.add_argument("--model", default="asdn-fast")
    parser.add_argument("--scale", default="2,3,4")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    print(f"{torch.get_num_threads()} threads")
    for name, run in (("work", work), ("command", command)):
        taken = [run(options.dataset, options.model, options.scale) for _ in range(options.rounds)]
        ratios = [whole / network for whole, network in taken]
        beside = statistics.median(whole - network for whole, network in taken)
        print(
            f"{name:8} {statistics.median(ratios):.3f} x the network "
            f"({min(ratios):.3f} to {max(ratios):.3f}), {beside:.2f} s beside it"
        )


if __name__ == "__main__":
    main()
