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
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("ray")

MARK = "SRCLI_TEST_OF_RAY"
COUNT = 24
LONGEST = 400
"""Seconds that any of these commands may take before it is ended."""
SLOWLY = {"RAY_raylet_start_wait_time_s": "300", "RAY_agent_register_timeout_ms": "300000"}
"""Ray expects a node to start within 30 s, which a busy machine exceeds."""
LOOPBACK = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}
"""Ray stays on the loopback address."""

NODES = """
from ray.cluster_utils import Cluster

node = {"num_cpus": 1, "object_store_memory": 2**27}
cluster = Cluster(initialize_head=True, head_node_args={**node, "include_dashboard": False})
cluster.add_node(**node)
print("address", cluster.address, flush=True)
input()
cluster.shutdown()
"""
"""A process of its own, since Ray leaves files open."""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    environment = {**os.environ, MARK: str(os.getpid()), **SLOWLY, **LOOPBACK}
    environment["RAY_USAGE_STATS_ENABLED"] = "0"
    with subprocess.Popen(
        [sys.executable, "-c", NODES],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    ) as nodes:
        watch = threading.Timer(LONGEST, nodes.kill)
        watch.start()
        assert nodes.stdout
        found = next((line for line in nodes.stdout if line.startswith("address")), "")
        watch.cancel()
        assert found, "The nodes did not start."
        assert found.split()[1].startswith("127.0.0.1:")
        yield found.split()[1]
        try:
            nodes.communicate("\n", timeout=LONGEST)
        finally:
            nodes.kill()


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("photos")
    random = np.random.default_rng(0)
    for number in range(COUNT):
        pixels = random.integers(0, 256, (200, 200, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{number:02}.png")
    (folder / "bad.png").write_bytes(b"no picture")
    return folder


def start(photos: Path, output: Path, *more: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "srcli", "upscale", str(photos), "-o", str(output), "--json"]
    command += ["--model", "bicubic", "--scale", "3", *more]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    watch = threading.Timer(LONGEST, process.kill)  # what it said until then fails the test
    watch.daemon = True
    watch.start()
    return process


def events(process: subprocess.Popen[str]) -> Iterator[dict[str, Any]]:
    assert process.stdout
    with process.stdout:
        yield from map(json.loads, process.stdout)


def told(found: list[dict[str, Any]]) -> list[tuple[str, str]]:
    kinds = {"done", "skipped", "failed"}
    return [(one["event"], Path(one["source"]).name) for one in found if one["event"] in kinds]


def workers(title: str = "ray::Worker") -> list[int]:
    """Return the processes of this test's actors that do something."""
    mark, found = f"{MARK}={os.getpid()}".encode(), []
    for place in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            shown = (place / "cmdline").read_bytes()
            is_one = shown.startswith(title.encode()) and b"__init__" not in shown
            if is_one and mark in (place / "environ").read_bytes().split(b"\0"):
                found.append(int(place.name))
    return found


@pytest.fixture(scope="module")
def local(photos: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    output = tmp_path_factory.mktemp("local")
    process = start(photos, output)
    list(events(process))
    assert process.wait(LONGEST) == 3
    return contents(output)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("*.png")}


def test_results_and_events_are_those_of_one_machine(
    address: str, photos: Path, local: dict[str, bytes], tmp_path: Path
) -> None:
    ray = ("--engine", "ray", "--address", address, "--actors", "2")
    process = start(photos, tmp_path, *ray)
    found = list(events(process))
    assert process.wait(LONGEST) == 3
    names = [*(f"{number:02}.png" for number in range(COUNT)), "bad.png"]
    assert [name for _, name in told(found)] == names
    assert Counter(kind for kind, _ in told(found)) == {"done": COUNT, "failed": 1}
    assert (found[0]["event"], found[-1]["event"]) == ("start", "summary")
    assert contents(tmp_path) == local
    again = start(photos, tmp_path)
    assert Counter(kind for kind, _ in told(list(events(again)))) == {"skipped": COUNT, "failed": 1}
    assert again.wait(LONGEST) == 3


def test_a_killed_worker_costs_no_picture(
    address: str, photos: Path, local: dict[str, bytes], tmp_path: Path
) -> None:
    process = start(photos, tmp_path, "--engine", "ray", "--address", address, "--actors", "2")
    found, killed = [], 0
    for event in events(process):
        found.append(event)
        if event["event"] == "done" and not killed and len(told(found)) >= COUNT // 3:
            for worker in workers()[:1]:
                os.kill(worker, signal.SIGKILL)
                killed += 1
    assert process.wait(LONGEST) == 3
    assert killed == 1
    assert Counter(kind for kind, _ in told(found)) == {"done": COUNT, "failed": 1}
    assert contents(tmp_path) == local
    assert not list(tmp_path.glob(".srcli-*.part"))


def test_one_machine_finishes_what_a_killed_driver_began(
    address: str, photos: Path, local: dict[str, bytes], tmp_path: Path
) -> None:
    process = start(photos, tmp_path, "--engine", "ray", "--address", address, "--actors", "2")
    for event in events(process):
        if event["event"] == "done":
            process.kill()
            break
    process.communicate(timeout=LONGEST)
    before = time.monotonic()
    while workers() and time.monotonic() < before + 30:
        time.sleep(0.2)
    rest = start(photos, tmp_path)
    kinds = Counter(kind for kind, _ in told(list(events(rest))))
    assert rest.wait(LONGEST) == 3
    assert kinds["done"] + kinds["skipped"] == COUNT
    assert kinds["skipped"] >= 1
    assert contents(tmp_path) == local


def test_a_picture_that_ends_every_worker_fails_by_name(
    address: str, photos: Path, tmp_path: Path
) -> None:
    some = tmp_path / "in"
    some.mkdir()
    for name in ("00.png", "01.png"):
        (some / name).write_bytes((photos / name).read_bytes())
    large = np.random.default_rng(1).integers(0, 256, (3000, 3000, 3), dtype=np.uint8)
    Image.fromarray(large).save(some / "large.png", compress_level=0)
    out = tmp_path / "out"
    process = start(some, out, "--engine", "ray", "--address", address, "--actors", "1")
    end = time.monotonic() + LONGEST
    while process.poll() is None and time.monotonic() < end:
        if len(list(out.glob("*.png"))) == 2:
            for worker in workers():
                os.kill(worker, signal.SIGKILL)
        time.sleep(0.1)
    found = list(events(process))
    assert told(found) == [("done", "00.png"), ("done", "01.png"), ("failed", "large.png")]
    assert "4 workers were lost" in found[-2]["message"]
    assert process.wait(LONGEST) == 5


def test_no_cluster_and_no_use_are_told(photos: Path, tmp_path: Path) -> None:
    for more, told_of in (
        (("--engine", "ray", "--address", "127.0.0.1:9"), "No Ray cluster answers"),
        (("--actors", "2"), "Add --engine ray."),
    ):
        command = [sys.executable, "-m", "srcli", "upscale", str(photos), "-o", str(tmp_path)]
        ended = subprocess.run(
            [*command, *more], capture_output=True, text=True, check=False, timeout=LONGEST
        )
        assert (ended.returncode, told_of in ended.stderr) == (2, True)
