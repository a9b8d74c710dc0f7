"""Lose workers, a node and the driver of a Ray cluster half-way, and count what became of all.

    python benchmarks/ray_losses.py FOLDER losses [--pictures 300] [--times 10] [--kind worker]
    python benchmarks/ray_losses.py FOLDER overhead [--pictures 300]

All is done on this machine, with a cluster of two nodes and two actors. For the losses, FOLDER gets
pictures of 64 x 64, which are made once without the cluster and then once for each loss: half-way
a worker gets SIGKILL, a node is removed, or the driver gets SIGKILL and is started again. Each run
must tell of every picture once and give the same files as one process.

For the overhead, two actors are compared with two shards of pictures of 256 x 256, one thread each,
from when one in ten is done to when nine in ten are. Time of processors is told as well, of the
runs, of their workers and of the services of the cluster, as they are there in both cases.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from ray.cluster_utils import Cluster

NODE = {"num_cpus": 2, "object_store_memory": 2**27}
LONGEST = 900
"""Seconds that one run may take before it is ended and counts as failed."""
os.environ.setdefault("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")  # stay on the loopback address
os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
os.environ.setdefault("RAY_raylet_start_wait_time_s", "300")
os.environ.setdefault("RAY_agent_register_timeout_ms", "300000")


def make_pictures(folder: Path, count: int, side: int) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(0)
    for number in range(count):
        pixels = random.integers(0, 256, (side, side, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{number:04}.png")
    return folder


def command(folder: Path, output: Path, *more: str) -> list[str]:
    start = [sys.executable, "-m", "srcli", "upscale", str(folder), "-o", str(output)]
    return [*start, "--scale", "2", "--json", *more]


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


def losses(folder: Path, times: int, count: int, kinds: list[str]) -> None:
    pictures = make_pictures(folder / "small", count, 64)
    chosen = ("--model", "bicubic")
    alone = folder / "alone"
    run(command(pictures, alone, *chosen), 0, kill_driver)
    expected = contents(alone)
    assert len(expected) == count  # noqa: S101
    cluster = Cluster(initialize_head=True, head_node_args={**NODE, "include_dashboard": False})
    for kind in kinds:
        good = 0
        for number in range(times):
            node = cluster.add_node(**NODE)
            output = folder / kind
            shutil.rmtree(output, ignore_errors=True)

            def remove(_: int, node: object = node) -> bool:
                cluster.remove_node(node, allow_graceful=False)
                return True

            lose = {"worker": kill_worker, "node": remove, "driver": kill_driver}[kind]
            line = command(pictures, output, *chosen, *on(cluster))
            counts = run(line, count // 2, lose)
            if kind == "driver":
                second = run(line, 0, kill_driver)
                print(f"  before {counts['done']} done, after {second['done']} done", flush=True)
                sums = second["done"] + second["skipped"] == count
            else:
                sums = counts["done"] == count
            whole = sums and not counts["failed"] and not counts["not lost"]
            good += whole and contents(output) == expected
            print(f"{kind} lost half-way: {good} of {number + 1} runs whole", flush=True)
            if kind != "node":
                cluster.remove_node(node)
    cluster.shutdown()


def on(cluster: Cluster) -> tuple[str, ...]:
    return "--engine", "ray", "--address", cluster.address, "--actors", "2"


def overhead(folder: Path, count: int) -> None:
    pictures = make_pictures(folder / "large", count, 256)
    cluster = Cluster(initialize_head=True, head_node_args={**NODE, "include_dashboard": False})
    cluster.add_node(**NODE)
    for model in ("asdn-fast", "bicubic"):
        for output in ("shards", "actors"):
            shutil.rmtree(folder / output, ignore_errors=True)
        shards = [
            command(pictures, folder / "shards", "--model", model, "--shard", f"{part}/2")
            for part in (1, 2)
        ]
        actors = command(pictures, folder / "actors", "--model", model, *on(cluster))
        alone, ray = taken(shards, count), taken([actors], count)
        print(f"{model}, two shards: {alone.told}")
        print(f"{model}, two actors: {ray.told}")
        print(
            f"  ratio of processor time without services {ray.each / alone.each:.3f},"
            f" of wall time {ray.wall / alone.wall:.3f}",
            flush=True,
        )
    cluster.shutdown()


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """Seconds that passed, and that processors worked, for a number of results."""

    wall: float
    runs: float
    workers: float
    services: float
    results: int

    @property
    def each(self) -> float:
        return (self.runs + self.workers) / self.results

    @property
    def told(self) -> str:
        parts = (self.wall, self.runs, self.workers, self.services)
        wall, *rest = (f"{1000 * part / self.results:.1f}" for part in parts)
        return f"{wall} ms a picture; processors {rest[0]} in runs, {rest[1]} in workers," + (
            f" {rest[2]} in services of the cluster"
        )


def taken(lines: list[list[str]], count: int) -> Taken:
    """Run commands beside each other; return what they took once they were all under way."""
    marks: list[Taken] = []
    lock, told = threading.Lock(), iter(range(1, count + 1))

    def follow(process: subprocess.Popen[str]) -> None:
        assert process.stdout  # noqa: S101
        for text in process.stdout:
            if json.loads(text)["event"] == "done":
                with lock:
                    number = next(told)
                    if number in {count // 10, count - count // 10}:
                        marks.append(so_far([run.pid for run in runs], number))

    runs = [subprocess.Popen(line, stdout=subprocess.PIPE, text=True) for line in lines]  # noqa: S603 - srcli
    with ThreadPoolExecutor(len(runs)) as pool:
        list(pool.map(follow, runs))
    for process in runs:
        process.wait()
    first, last = marks
    return Taken(
        wall=last.wall - first.wall,
        runs=last.runs - first.runs,
        workers=last.workers - first.workers,
        services=last.services - first.services,
        results=last.results - first.results,
    )


def so_far(runs: list[int], results: int) -> Taken:
    workers = services = 0.0
    for place in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            shown = (place / "cmdline").read_bytes()
            if shown.startswith(b"ray::Worker"):
                workers += processor_time(place)
            elif shown.startswith(b"ray::") or b"/ray/" in shown:
                services += processor_time(place)
    return Taken(
        wall=time.monotonic(),
        runs=sum(processor_time(Path(f"/proc/{run}")) for run in runs),
        workers=workers,
        services=services,
        results=results,
    )


def processor_time(place: Path) -> float:
    ticks = (place / "stat").read_text().rpartition(")")[2].split()[11:13]
    return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("what", choices=("losses", "overhead"))
    parser.add_argument("--pictures", type=int, default=300)
    parser.add_argument("--times", type=int, default=10)
    parser.add_argument("--kind", action="append", choices=("worker", "node", "driver"))
    arguments = parser.parse_args()
    if arguments.what == "overhead":
        overhead(arguments.folder, arguments.pictures)
        return
    kinds = arguments.kind or ["worker", "node", "driver"]
    losses(arguments.folder, arguments.times, arguments.pictures, kinds)


if __name__ == "__main__":
    main()
