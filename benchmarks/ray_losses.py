"""Lose workers, nodes and drivers of a Ray cluster one after another, and count what is made.

    python benchmarks/ray_losses.py FOLDER losses [--pictures 300] [--times 10] [--kind worker]
        [--model bicubic]
    python benchmarks/ray_losses.py FOLDER overhead [--pictures 300] [--model bicubic]

All is done on this machine, with a cluster of two nodes and two actors. For the losses, FOLDER gets
pictures of 64 x 64, which are made once without the cluster and then once for each kind of loss.
While they are made, ten workers get SIGKILL, or ten nodes are removed and others added, or ten
drivers get SIGKILL and are started again. The others stand still until one is replaced. Every
picture must be told of once and the files must be those of one process; else the code is 1.

For the overhead, two actors are compared with two shards of pictures of 256 x 256, one thread each,
from when one in ten is done to when nine in ten are, also by the time of processors.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

AGENTS = ("metrics_agent_port", "dashboard_agent_listen_port", "runtime_env_agent_port")
ACTORS = 2
KINDS = ("worker", "node", "driver")
LOOK = 0.2  # seconds from one look at the workers to the next
MARK = "RAY_LOSSES_OF"
"""What the environment of our workers has, so that no others are ended or measured."""
os.environ[MARK] = str(os.getpid())
os.environ.setdefault("OMP_NUM_THREADS", "1")  # else an actor has as many as cores are its
os.environ.setdefault("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")  # stay on the loopback address
os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
os.environ.setdefault("RAY_worker_niceness", "0")  # Ray's 15 would let all else go first
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


def run(
    line: list[str], lose: Callable[[int, int], bool], made: Counter[str] | None = None
) -> Counter[str]:
    """Run a command, and count what it tells of, and in ``made`` how often of each picture.

    ``lose`` gets the number of each result and the process, and says whether that ends.
    The pipe is small, so that a run cannot be far ahead of what is told.
    """
    counts: Counter[str] = Counter()
    with subprocess.Popen(line, stdout=subprocess.PIPE, bufsize=0, pipesize=4096) as process:  # noqa: S603 - srcli
        assert process.stdout  # noqa: S101
        for text in process.stdout:
            event: dict[str, Any] = json.loads(text)
            counts[event["event"]] += 1
            if event["event"] != "done":
                continue
            if made is not None:
                made[event["source"]] += 1
            if lose(counts["done"], process.pid):
                break
    return counts


def names(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.png"))


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in names(folder)}


def busy_workers() -> list[int]:
    """Return the workers that are past their start, the oldest first."""
    shown = [(int(place.name), title) for place, title in ours(b"ray::Worker")]
    return sorted(process for process, title in shown if b"__init__" not in title)


def stopped_others(over: threading.Event) -> list[int]:
    while len(others := busy_workers()) >= ACTORS and not over.wait(LOOK):
        pass
    for worker in others:
        os.kill(worker, signal.SIGSTOP)
    return others


def ours(name: bytes) -> Iterator[tuple[Path, bytes]]:
    """Yield processes of this cluster, and what they are called, that have ``name`` in that."""
    mark = f"{MARK}={os.getpid()}".encode()
    for place in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            shown = (place / "cmdline").read_bytes()
            if name in shown and mark in (place / "environ").read_bytes().split(b"\0"):
                yield place, shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A run in which something is lost, so often."""

    kind: str
    times: int
    line: list[str]
    output: Path
    cluster: Any
    nodes: list[Any]
    lost: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def succeeds(self, expected: dict[str, bytes]) -> bool:
        """Return whether all was as it should be."""
        count, step = len(expected), len(expected) // (self.times + 1)
        shutil.rmtree(self.output, ignore_errors=True)
        with ThreadPoolExecutor(1) as pool:  # nodes are started by the main thread alone
            running = pool.submit(self.run_to_its_end, step)
            running.add_done_callback(lambda _: self.over.set())
            if self.kind != "driver":
                self.lose_others(step)
            made, told, runs = running.result()
        same, whole = contents(self.output) == expected, told["done"] + told["skipped"] == count
        print(
            f"{self.kind}: {len(self.lost)} lost; {runs} runs told of {len(made)} pictures"
            f" {sum(made.values())} times; files are those of one process: {same}"
        )
        return same and whole and max(made.values()) == 1 and len(self.lost) == self.times

    def run_to_its_end(self, step: int) -> tuple[Counter[str], Counter[str], int]:
        made, told, runs = Counter[str](), Counter[str](), 0
        while not told["summary"]:
            told, runs = run(self.line, partial(self.lose_driver, step), made), runs + 1
            print(f"  {dict(told)}", flush=True)
        return made, told, runs

    def lose_driver(self, step: int, done: int, driver: int) -> bool:
        if self.kind != "driver" or len(self.lost) == self.times or done < step:
            return False
        self.lost.append(self.kind)
        os.kill(driver, signal.SIGKILL)
        return True

    def lose_others(self, step: int) -> None:
        """Lose workers or nodes, each after one result more at least."""
        while len(self.lost) < self.times:
            least = max(step * (len(self.lost) + 1), len(names(self.output)) + 1)
            while len(names(self.output)) < least or len(busy_workers()) < ACTORS:
                if self.over.wait(LOOK):
                    return
            self.lost.append(self.kind)
            if self.kind == "node":
                self.cluster.remove_node(self.nodes.pop(), allow_graceful=False)
            else:
                os.kill(busy_workers()[0], signal.SIGKILL)
            others = stopped_others(self.over)  # so that pictures are left too
            if self.kind == "node":
                self.nodes.append(self.cluster.add_node(**node()))
            while len(busy_workers()) < ACTORS and not self.over.is_set():
                time.sleep(LOOK)
            for worker in others:
                os.kill(worker, signal.SIGCONT)


def losses(given: argparse.Namespace, model: str) -> bool:
    """Lose every kind in so many runs; return whether all was as it should be."""
    pictures = make_pictures(given.folder / "small", given.pictures, 64)
    alone = given.folder / f"alone-{model}"
    run(command(pictures, alone, "--model", model), lambda *_: False)
    expected = contents(alone)
    cluster = first_node()
    nodes = [cluster.add_node(**node())]
    found = [
        Trial(
            kind=kind,
            times=given.times,
            line=command(pictures, given.folder / kind, "--model", model, *on(cluster)),
            output=given.folder / kind,
            cluster=cluster,
            nodes=nodes,
        ).succeeds(expected)
        for kind in given.kind or KINDS
    ]
    cluster.shutdown()
    return all(found)


def node() -> dict[str, int]:
    """Return what a node is started with; it gives up if its services name no ports for a while."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in AGENTS]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        ports = {name: one.getsockname()[1] for name, one in zip(AGENTS, sockets, strict=True)}
    return {"num_cpus": 2, "object_store_memory": 2**27, **ports}


def first_node() -> Any:  # noqa: ANN401 - a cluster of Ray
    """Start a cluster; Ray reads the environment when it is imported."""
    from ray.cluster_utils import Cluster

    return Cluster(
        initialize_head=True,
        head_node_args=node()
        | {"include_dashboard": False, "include_log_monitor": False, "no_monitor": True},
    )


def on(cluster: Any) -> tuple[str, ...]:  # noqa: ANN401
    return "--engine", "ray", "--address", cluster.address, "--actors", str(ACTORS)


def overhead(folder: Path, count: int, models: list[str]) -> None:
    pictures = make_pictures(folder / "large", count, 256)
    cluster = first_node()
    cluster.add_node(**node())
    for model in models:
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
        spent = f"processors {rest[0]} in runs, {rest[1]} in workers, {rest[2]} in services"
        return f"{wall} ms a picture; {spent}"


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
    for place, shown in ours(b"ray"):
        with suppress(OSError):
            if shown.startswith(b"ray::Worker"):
                workers += processor_time(place)
            elif int(place.name) not in {*runs, os.getpid()}:
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
    for name, default in (("--pictures", 300), ("--times", 10)):
        parser.add_argument(name, type=int, default=default)
    parser.add_argument("--kind", action="append", choices=KINDS)
    parser.add_argument("--model", action="append")
    given = parser.parse_args()
    if given.what == "overhead":
        overhead(given.folder, given.pictures, given.model or ["asdn-fast", "bicubic"])
    elif not all(losses(given, model) for model in given.model or ["bicubic"]):
        sys.exit(1)


if __name__ == "__main__":
    main()
