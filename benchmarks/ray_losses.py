"""Lose workers, nodes and drivers of a Ray cluster one after another, and count what is made.

    python benchmarks/ray_losses.py FOLDER losses [--pictures 300] [--times 10] [--runs 1]
        [--kind worker] [--model bicubic]
    python benchmarks/ray_losses.py FOLDER overhead [--pictures 300] [--model bicubic]

All is done on this machine, with a cluster of two nodes and two actors. For the losses, FOLDER gets
pictures of 64 x 64, which are made once without the cluster and then in so many runs for each kind
of loss. While they are made, ten workers get SIGKILL, or ten nodes are removed and others added, or
ten drivers get SIGKILL and are started again; the losses come at equal distances, one half-way.
Every picture must be told of once and the files must be those of one process; else the code is 1.

For the overhead, two actors are compared with two shards of pictures of 256 x 256, one thread each,
from when one in ten is done to when nine in ten are. Time of processors is told as well, of the
runs, of their workers and of the services of the cluster, which are there in both cases.
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
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

AGENTS = ("metrics_agent_port", "dashboard_agent_listen_port", "runtime_env_agent_port")
ACTORS = 2
PAUSE = 20.0
"""Seconds, at most, from one result to the next while a worker starts that is to be lost."""
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
    """Run a command, and count what it tells of; each result is told to ``lose`` as well.

    ``made`` counts how often each picture was told of as done.

    The pipe is small, so that a run cannot be far ahead of what is lost. ``lose`` gets the number
    of the result and the process, and says whether that gets no further.
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


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.png"))}


def busy_workers() -> list[int]:
    """Return the workers that are past their start."""
    shown = [(int(place.name), title) for place, title in ours(b"ray::Worker")]
    return [process for process, title in shown if b"__init__" not in title]


def await_workers() -> list[int]:
    """Wait until all workers are there, but let the run go on by one result after a while."""
    end = time.monotonic() + PAUSE
    while len(workers := busy_workers()) < ACTORS and time.monotonic() < end:
        time.sleep(0.2)
    return workers


def ours(name: bytes) -> Iterator[tuple[Path, bytes]]:
    """Yield processes of this cluster, and what they are called, that have ``name`` in that."""
    mark = f"{MARK}={os.getpid()}".encode()
    for place in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            shown = (place / "cmdline").read_bytes()
            if name in shown and mark in (place / "environ").read_bytes().split(b"\0"):
                yield place, shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is lost: how often in one run, of how many pictures, made by which model."""

    times: int
    count: int
    model: str


def losses(folder: Path, plan: Plan, kinds: list[str], runs: int) -> bool:
    """Lose every kind in so many runs; return whether all was as it should be."""
    pictures = make_pictures(folder / "small", plan.count, 64)
    alone = folder / f"alone-{plan.model}"
    run(command(pictures, alone, "--model", plan.model), lambda *_: False)
    expected = contents(alone)
    assert len(expected) == plan.count  # noqa: S101
    cluster = first_node()
    nodes = [cluster.add_node(**node())]
    found = [
        lose_in_a_run(plan, kind, pictures, folder / kind, (cluster, nodes), expected)
        for kind in kinds
        for _ in range(runs)
    ]
    cluster.shutdown()
    print(f"{sum(found)} of {len(found)} runs lost no picture and made none twice")
    return all(found)


def lose_in_a_run(  # noqa: PLR0913, PLR0917 - what one run of many needs
    plan: Plan,
    kind: str,
    pictures: Path,
    output: Path,
    nodes_of: tuple[Any, list[Any]],
    expected: dict[str, bytes],
) -> bool:
    (cluster, nodes), lost = nodes_of, 0
    step = plan.count // (plan.times + 1)
    shutil.rmtree(output, ignore_errors=True)

    def lose(done: int, driver: int) -> bool:
        nonlocal lost
        if lost == plan.times or done < step * (1 if kind == "driver" else lost + 1):
            return False
        if kind == "driver":
            lost += 1
            os.kill(driver, signal.SIGKILL)
            return True
        workers = await_workers()
        if len(workers) < ACTORS:
            return False
        lost += 1
        if kind == "worker":
            os.kill(workers[0], signal.SIGKILL)
        else:
            cluster.remove_node(nodes.pop(), allow_graceful=False)
            nodes.append(cluster.add_node(**node()))
        return False

    line, counts = command(pictures, output, "--model", plan.model, *on(cluster)), Counter[str]()
    made: Counter[str] = Counter()
    while not counts["summary"]:
        told = run(line, lose, made)
        print(f"  {dict(told)}", flush=True)
        counts["driver"] += 1
        counts["done"] += told["done"]
        counts += Counter({name: told[name] for name in ("summary", "failed")})
        counts["skipped"] = told["skipped"]
    same = contents(output) == expected
    print(f"{kind}: {lost} lost; {dict(counts)}; files are those of one process: {same}")
    whole = told["done"] + told["skipped"] == plan.count and max(made.values()) == 1
    return same and whole and lost == plan.times


def node() -> dict[str, int]:
    """Return what a node is started with.

    Its ports are chosen here: else it ends if its services have not named theirs in 15 s, which
    takes longer on a busy machine.
    """
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


def on(cluster: Any) -> tuple[str, ...]:  # noqa: ANN401 - the same
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
    parser.add_argument("--pictures", type=int, default=300)
    parser.add_argument("--times", type=int, default=10)
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--kind", action="append", choices=("worker", "node", "driver"))
    parser.add_argument("--model", action="append")
    given = parser.parse_args()
    if given.what == "overhead":
        overhead(given.folder, given.pictures, given.model or ["asdn-fast", "bicubic"])
        return
    kinds = given.kind or ["worker", "node", "driver"]
    right = [
        losses(
            given.folder,
            Plan(times=given.times, count=given.pictures, model=model),
            kinds,
            given.runs,
        )
        for model in given.model or ["bicubic"]
    ]
    sys.exit(not all(right))


if __name__ == "__main__":
    main()
