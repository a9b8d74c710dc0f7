"""Lose workers, a node and the driver of a Ray cluster half-way, and count what became of all.

    python benchmarks/ray_losses.py FOLDER [--pictures 300] [--times 10]

FOLDER gets pictures of 256 x 256, which are made once on this machine and then, for each loss, on a
cluster of two nodes on this machine: a worker gets SIGKILL, a node is removed, or the driver gets
SIGKILL and is started again. Each run must tell of every picture once and give the same files as
one machine. Last, two actors are compared with two shards at once, of one thread each.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from ray.cluster_utils import Cluster

NODE = {"num_cpus": 2, "object_store_memory": 2**27}
LONGEST = 900
"""Seconds that one run may take before it is ended and counts as failed."""
os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
os.environ.setdefault("RAY_raylet_start_wait_time_s", "300")
os.environ.setdefault("RAY_agent_register_timeout_ms", "300000")


def make_pictures(folder: Path, count: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(0)
    for number in range(count):
        pixels = random.integers(0, 256, (256, 256, 3), dtype=np.uint8)
        path = folder / f"{number:04}.png"
        if not path.exists():
            Image.fromarray(pixels).save(path)


def command(folder: Path, output: Path, *more: str) -> list[str]:
    start = [sys.executable, "-m", "srcli", "upscale", str(folder), "-o", str(output)]
    return [*start, "--model", "bicubic", "--scale", "2", "--json", *more]


def run(line: list[str], at: int, lose: Callable[[int], bool]) -> Counter[str]:
    """Run a command; call ``lose`` with its process after so many results. Count the events."""
    counts: Counter[str] = Counter()
    begun = time.monotonic()
    with subprocess.Popen(line, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - srcli
        assert process.stdout  # noqa: S101
        for text in process.stdout:
            event: dict[str, Any] = json.loads(text)
            counts[event["event"]] += 1
            if counts["done"] == at and event["event"] == "done" and not lose(process.pid):
                counts["not lost"] += 1
            if time.monotonic() - begun > LONGEST:
                process.kill()
    return counts


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.png"))}


def kill_worker(_: int) -> bool:
    """End one process that makes a picture."""
    for place in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if (place / "cmdline").read_bytes().startswith(b"ray::Worker"):
                os.kill(int(place.name), signal.SIGKILL)
                return True
    return False


def kill_driver(process: int) -> bool:
    os.kill(process, signal.SIGKILL)
    return True


def losses(folder: Path, times: int, count: int) -> None:
    cluster = Cluster(initialize_head=True, head_node_args={**NODE, "include_dashboard": False})
    ray = ("--engine", "ray", "--address", cluster.address, "--actors", "2")
    alone = folder / "alone"
    run(command(folder / "in", alone), 0, kill_driver)
    expected = contents(alone)
    assert len(expected) == count  # noqa: S101
    for kind in ("worker", "node", "driver"):
        good = 0
        for _ in range(times):
            node = cluster.add_node(**NODE)
            output = folder / kind
            shutil.rmtree(output, ignore_errors=True)

            def remove(_: int, node: object = node) -> bool:
                cluster.remove_node(node, allow_graceful=False)
                return True

            lose = {"worker": kill_worker, "node": remove, "driver": kill_driver}[kind]
            line = command(folder / "in", output, *ray)
            counts = run(line, count // 2, lose)
            if kind == "driver":
                second = run(line, 0, kill_driver)
                sums = second["done"] + second["skipped"] == count
            else:
                sums = counts["done"] == count
            whole = sums and not counts["failed"] and not counts["not lost"]
            good += whole and contents(output) == expected
            if kind != "node":
                cluster.remove_node(node)
        print(f"{kind} lost half-way: {good} of {times} runs whole", flush=True)
    overhead(folder, ray)
    cluster.shutdown()


def overhead(folder: Path, ray: tuple[str, ...]) -> None:
    """Compare the seconds from the first result to the last one, so without any start."""
    for output in ("shards", "actors"):
        shutil.rmtree(folder / output, ignore_errors=True)
    lines = [command(folder / "in", folder / "shards", "--shard", f"{part}/2") for part in (1, 2)]
    with ThreadPoolExecutor(2) as pool:
        ends = [end for ends in pool.map(first_and_last, lines) for end in ends]
    local = max(ends) - min(ends)
    first, last = first_and_last(command(folder / "in", folder / "actors", *ray))
    actors = last - first
    print(f"two shards {local:.1f} s, two actors {actors:.1f} s, ratio {actors / local:.2f}")


def first_and_last(line: list[str]) -> tuple[float, float]:
    """Return when the first and the last result of a run were told."""
    with subprocess.Popen(line, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - srcli
        assert process.stdout  # noqa: S101
        times = [time.monotonic() for text in process.stdout if '"done"' in text]
    return times[0], times[-2]  # the summary comes last


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pictures", type=int, default=300)
    parser.add_argument("--times", type=int, default=10)
    arguments = parser.parse_args()
    make_pictures(arguments.folder / "in", arguments.pictures)
    losses(arguments.folder, arguments.times, arguments.pictures)


if __name__ == "__main__":
    main()
