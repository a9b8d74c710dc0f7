"""How long a batch takes on many actors: a simulation from measured times.

    python benchmarks/scale_sim.py --files 1000000 --actors 40 --network 0.5 --latency 0.05
    python benchmarks/scale_sim.py --check photos/

The driver claims a picture, an actor reads it, runs its network and encodes it, the driver notes
what the file will be, the actor puts it in its place, and the driver records that. The driver does
one thing at a time, and waits for many requests at once. An actor has three pictures at once and
one network; its cores do one thing at a time each. Requests to a store take no core.

``--check`` makes the pictures of a folder with the engine ray and 1, 2 and 4 actors, measures
the parts on one, and compares what was simulated with what was measured.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from dataclasses import dataclass, replace
from pathlib import Path

from simpy import Environment, Event, Resource

from srcli.batch.answers import REQUESTS as AT_ONCE

Steps = Generator[Event, None, None]

IN_WORKS = 3
"""Pictures that an actor has at once."""
REQUESTS = (1, 1, 1, 1)
"""Requests of the driver's claim, of reading, of writing, and of the driver's last look."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What is simulated.

    Attributes:
        files: pictures.
        actors: workers that each hold the models.
        cores: that all actors share; a network takes one, as on machines without a GPU.
        network: seconds of one picture's network.
        other: seconds of decoding, checking and encoding, on a core.
        driver: seconds that the driver takes for one picture.
        latency: seconds of one request to a store; 0 for local files.
        start: seconds before the first picture.
        spread: standard deviation of the logarithm of a picture's time: large and small ones.

    """

    files: int
    actors: int
    cores: int
    network: float
    other: float
    driver: float
    latency: float = 0.0
    start: float = 0.0
    spread: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulated:
    """Seconds of the whole batch, and the shares of it that the driver and the networks worked."""

    seconds: float
    driver: float
    networks: float


def simulate(batch: Batch, *, seed: int = 1) -> Simulated:
    """Run a batch on a clock of its own."""
    chance = random.Random(seed)
    world = Environment()
    driver, requests = Resource(world), Resource(world, AT_ONCE)
    cores = Resource(world, batch.cores)
    networks = [Resource(world) for _ in range(batch.actors)]
    left, worked, drove = iter(range(batch.files)), 0.0, 0.0

    def occupy(place: Resource, seconds: float) -> Steps:
        with place.request() as turn:
            yield turn
            yield world.timeout(seconds)

    def enlarge(network: Resource) -> Steps:
        """Make one picture after another, as one of the pictures that an actor has at once."""
        nonlocal worked, drove
        for _ in left:
            size = chance.lognormvariate(-(batch.spread**2) / 2, batch.spread)
            yield from occupy(driver, batch.driver / 2)
            yield from occupy(requests, REQUESTS[0] * batch.latency)
            yield world.timeout(REQUESTS[1] * batch.latency)
            yield from occupy(cores, batch.other * size / 2)
            with network.request() as turn:
                yield turn
                yield from occupy(cores, batch.network * size)
            yield from occupy(cores, batch.other * size / 2)
            yield world.timeout(REQUESTS[2] * batch.latency)
            yield from occupy(requests, REQUESTS[3] * batch.latency)
            yield from occupy(driver, batch.driver / 2)
            worked, drove = worked + batch.network * size, drove + batch.driver

    for network in networks:
        for _ in range(IN_WORKS):
            world.process(enlarge(network))
    world.run()
    seconds = batch.start + world.now
    return Simulated(
        seconds=seconds, driver=drove / seconds, networks=worked / seconds / batch.actors
    )


def measure(folder: Path, actors: int) -> tuple[float, list[dict[str, float]]]:
    """Make the pictures of a folder on a Ray cluster of this machine; return what was told."""
    with tempfile.TemporaryDirectory(prefix="srcli-scale-") as place:
        command = [sys.executable, "-m", "srcli", "upscale", str(folder), "-o", f"{place}/out"]
        command += ["--engine", "ray", "--actors", str(actors), "--json"]
        done = subprocess.Popen(  # noqa: S603 - srcli
            [*command, "--model", "asdn-fast"],
            env=os.environ | {"SRCLI_CACHE_DIR": f"{place}/cache", "OMP_NUM_THREADS": "1"},
            stdout=subprocess.PIPE,
            text=True,
        )
        first, told = 0.0, []
        for line in done.stdout or ():
            event = json.loads(line)
            if event["event"] == "done":
                told.append(event)
                first = first or time.monotonic()
        last = time.monotonic()
        done.wait(timeout=600)
    return last - first, told


def check(folder: Path) -> None:
    cores = len(os.sched_getaffinity(0))
    print(f"{cores} cores; the clock starts with the first result")
    base: Batch | None = None
    for actors in (1, 2, 4):
        seconds, told = measure(folder, actors)
        if base is None:
            network = statistics.fmean(one["network_seconds"] for one in told)
            other = max(0.0, statistics.fmean(one["seconds"] for one in told) - network)
            base = Batch(
                files=len(told) - 1,
                actors=1,
                cores=cores,
                network=network,
                other=other,
                driver=max(0.0, min(0.05, seconds / len(told) - network - other)),
            )
            print(f"network {network:.3f} s, other {other:.3f} s, driver {base.driver:.3f} s")
        found = simulate(replace(base, actors=actors)).seconds
        print(f"{actors} actors: measured {seconds:.1f} s, simulated {found:.1f} s")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--check", type=Path)
    options.add_argument("--files", type=int, default=100_000)
    options.add_argument("--actors", type=int, default=40)
    options.add_argument("--cores", type=int, help="Default: four an actor.")
    for name, default in (
        ("network", 0.5),
        ("other", 0.1),
        ("driver", 0.002),
        ("latency", 0.0),
        ("start", 30.0),
        ("spread", 0.5),
    ):
        options.add_argument(f"--{name}", type=float, default=default)
    given = vars(options.parse_args())
    folder = given.pop("check")
    if folder:
        check(folder)
        return
    batch = Batch(**(given | {"cores": given["cores"] or 4 * given["actors"]}))
    found = simulate(batch)
    print(
        f"{batch.files:,} files, {batch.actors} actors: {found.seconds / 3600:.2f} h,"
        f" {batch.files / found.seconds * 3600:,.0f} an hour;"
        f" driver busy {found.driver:.0%}, networks busy {found.networks:.0%}"
    )


if __name__ == "__main__":
    main()
