"""``srcli upscale --engine ray``: on two nodes, as on one machine, whatever is killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("ray")

MARK = "TEST_OF_RAY"
"""What the environment of our processes has, so that no others are ended."""
COUNT = 100
EVENTS_AHEAD = 4096
"""Bytes, a dozen events, that a run may be ahead of this test: it stops when its pipe is full."""
LONGEST = 600
"""Seconds that any of these commands may take before it is ended."""
QUIETLY = {
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",  # Ray stays on the loopback address
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_agent_register_timeout_ms": "300000",  # busy machines exceed the usual 30 s
    "RAY_raylet_start_wait_time_s": "300",
    "RAY_worker_niceness": "0",  # with Ray's 15, all other tests go first
}
HOW = ("--model", "bicubic", "--scale", "3", "--json")

NODES = """
from ray.cluster_utils import Cluster

node = {"num_cpus": 1, "object_store_memory": 2**27}
head = {"include_dashboard": False, "include_log_monitor": False, "no_monitor": True}
cluster = Cluster(initialize_head=True, head_node_args=node | head)
second = cluster.add_node(**node)
print("address", cluster.address, flush=True)
input()
cluster.remove_node(second, allow_graceful=False)
print("removed", flush=True)
input()
cluster.shutdown()
"""
"""A process of its own, since Ray leaves files open."""


@pytest.fixture(autouse=True)
def _ours(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {**QUIETLY, MARK: str(os.getpid())}.items():
        monkeypatch.setenv(name, value)


@dataclass(frozen=True, slots=True)
class Nodes:
    """A cluster of two machines, of which the second can be taken away."""

    process: subprocess.Popen[str]
    address: str

    def remove_one(self) -> None:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline() == "removed\n"


@pytest.fixture
def nodes() -> Iterator[Nodes]:
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with ended_in_time(subprocess.Popen([sys.executable, "-c", NODES], **pipes)) as process:
        found = next((line for line in process.stdout or () if line.startswith("address")), "")
        assert found, "The nodes did not start."
        yield Nodes(process, found.split()[1])
        process.communicate("\n\n", timeout=LONGEST)


@contextmanager
def ended_in_time(process: subprocess.Popen[Any]) -> Iterator[subprocess.Popen[Any]]:
    """End a process after a while; what it said until then fails the test."""
    watch = threading.Timer(LONGEST, process.kill)
    watch.daemon = True
    watch.start()
    with process:
        try:
            yield process
        finally:
            watch.cancel()
            process.kill()


@contextmanager
def started(*arguments: object) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "srcli", "upscale", *map(str, arguments)],
        bufsize=0,
        pipesize=EVENTS_AHEAD,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    with ended_in_time(process):
        yield process


def told(process: subprocess.Popen[bytes]) -> Iterator[tuple[str, str]]:
    """Yield what became of each picture, as that is told."""
    for line in process.stdout or ():
        yield from outcomes(line.decode())


def outcomes(text: str) -> Iterator[tuple[str, str]]:
    for event in map(json.loads, text.splitlines()):
        if event["event"] in {"done", "skipped", "failed"}:
            yield event["event"], Path(event["source"]).name


def ours() -> Iterator[Path]:
    """Yield the places of the processes that this test began, whoever started them for it."""
    mark = f"{MARK}={os.getpid()}".encode()
    for place in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if mark in (place / "environ").read_bytes().split(b"\0"):
                yield place


def workers(title: bytes = b"ray::Worker") -> list[int]:
    """Return the processes of actors by what they do; those that start are left out."""
    found = []
    for place in ours():
        with suppress(OSError):
            shown = (place / "cmdline").read_bytes()
            if shown.startswith(title) and b"__init__" not in shown:
                found.append(int(place.name))
    return found


def listens_at() -> set[str]:
    """Return the addresses at which our processes listen, as the system writes them."""
    sockets = set()
    for place in ours():
        with suppress(OSError):
            sockets |= {str(file.readlink()) for file in (place / "fd").iterdir()}
    rows = [
        line.split()
        for table in ("tcp", "tcp6")
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]
    ]
    listening = (row for row in rows if row[3] == "0A" and f"socket:[{row[9]}]" in sockets)
    return {row[1].partition(":")[0] for row in listening}


LOOPBACK = {"0100007F", "0000000000000000FFFF00000100007F", "00000000000000000000000001000000"}


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("*.png")}


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(COUNT):
        save(folder / f"{number:03}.png", 40, seed=number)
    (folder / "bad.png").write_bytes(b"no picture")
    return folder


def save(path: Path, side: int, *, seed: int) -> None:
    pixels = np.random.default_rng(seed).integers(0, 256, (side, side, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path)


def test_nothing_is_lost_or_made_twice_whatever_is_killed(
    nodes: Nodes, photos: Path, srcli: Callable[..., Any], tmp_path: Path
) -> None:
    alone, out = tmp_path / "alone", tmp_path / "out"
    assert srcli("upscale", photos, "-o", alone, *HOW).returncode == 3
    ray = (photos, "-o", out, *HOW, "--engine", "ray", "--address", nodes.address, "--actors", "2")

    with started(*ray) as driver:
        runs = [[outcome for outcome, _ in zip(told(driver), range(6), strict=False)]]
        driver.kill()
    wait_until(lambda: not workers())
    assert 6 <= len(contents(out)) < COUNT // 2 + 6

    part = srcli("upscale", photos, "-o", out, *HOW, "--shard", "1/2")
    runs.append(list(outcomes(part.stdout)))

    with started(*ray) as driver:
        runs.append([])
        for outcome in told(driver):
            runs[-1].append(outcome)
            made = [kind for kind, _ in runs[-1]].count("done")
            if outcome[0] == "done" and made == 2:
                os.kill(workers()[0], signal.SIGKILL)
            if outcome[0] == "done" and made == 4:
                nodes.remove_one()
        assert driver.wait(LONGEST) == 3
    names = [*(f"{number:03}.png" for number in range(COUNT)), "bad.png"]
    assert [name for _, name in runs[-1]] == names
    assert made > 4
    done = Counter(name for run in runs for kind, name in run if kind == "done")
    assert max(done.values()) == 1
    assert [kind for kind, _ in runs[-1]].count("failed") == 1
    assert contents(out) == contents(alone)
    assert not list(out.glob(".srcli-*.part"))

    again = srcli("upscale", photos, "-o", out, *HOW)
    assert Counter(kind for kind, _ in outcomes(again.stdout)) == {"skipped": COUNT, "failed": 1}


def wait_until(there: Callable[[], bool]) -> None:
    end = time.monotonic() + LONGEST
    while not there() and time.monotonic() < end:
        time.sleep(0.1)


def test_a_picture_that_ends_every_worker_fails_by_name(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for name, side in (("000.png", 40), ("001.png", 40), ("large.png", 2400)):
        save(tmp_path / "in" / name, side, seed=1)
    out = tmp_path / "out"
    with started(tmp_path / "in", "-o", out, *HOW, "--engine", "ray", "--actors", "1") as driver:
        wait_until(lambda: len(contents(out)) == 2 or driver.poll() is not None)
        places = set()
        while driver.poll() is None:
            for worker in workers():
                os.kill(worker, signal.SIGKILL)
                places = places or listens_at()
            time.sleep(0.05)
        assert places
        assert places <= LOOPBACK
        assert driver.stdout
        said = driver.stdout.read().decode()
    assert list(outcomes(said)) == [
        ("done", "000.png"),
        ("done", "001.png"),
        ("failed", "large.png"),
    ]
    assert "4 workers were lost" in said
    assert driver.returncode == 5


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (("--engine", "ray", "--address", "127.0.0.1:9"), "No Ray cluster answers"),
        (("--actors", "2"), "Add --engine ray."),
    ],
)
def test_no_cluster_and_no_use_are_told(
    photos: Path, srcli: Callable[..., Any], more: tuple[str, ...], says: str
) -> None:
    ended = srcli("upscale", photos, "-o", "out", *HOW, *more)
    assert (ended.returncode, says in ended.stderr) == (2, True)
