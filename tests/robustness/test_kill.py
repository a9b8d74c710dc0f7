"""A batch that is killed, again and again, ends as if nothing had happened."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import subprocess
from pathlib import Path

import numpy as np
from PIL import Image

PICTURES = 24
KILLS = 6
SERVER = r"""
import os, random, signal, sys, time
from pathlib import Path

import torch

import srcli.usecases.upscale
from srcli.cli.app import main
from srcli.weights.formats.checkpoint import load_model
from srcli.weights.providers.store import locate

load_model(locate("asdn-fast"))  # imports what a child would take seconds for

torch.set_num_threads(1)
seed, kills, source, out = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], Path(sys.argv[4])

def start():
    child = os.fork()
    if child == 0:
        sys.argv = ["srcli", "upscale", source, "-o", str(out), "--json"]
        try:
            main()
        except SystemExit as stop:
            sys.stdout.flush()
            os._exit(stop.code or 0)
    return child

def made():
    return sum(1 for _ in out.rglob("*_x2.png"))

chance = random.Random(seed)
for _ in range(kills):
    before = set(out.glob(".srcli-*.run"))
    child = start()
    ended = False
    while not ended and not set(out.glob(".srcli-*.run")) - before:
        ended = os.waitpid(child, os.WNOHANG)[0] == child
    wanted = made() + chance.randrange(4)
    while not ended and made() < wanted:
        ended = os.waitpid(child, os.WNOHANG)[0] == child
    if not ended:
        time.sleep(chance.uniform(0, 0.01))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    print("killed", flush=True)
    sys.stdin.readline()
print("code", os.waitstatus_to_exitcode(os.waitpid(start(), 0)[1]), flush=True)
"""


def batch(folder: Path, count: int, side: int = 40) -> Path:
    """A folder of small pictures, some of them deeper in it."""
    random_levels = np.random.default_rng(1)
    for number in range(count):
        place = folder / ("deep" if number % 3 == 0 else ".")
        place.mkdir(parents=True, exist_ok=True)
        samples = random_levels.integers(0, 256, (side, side - number % 7, 3), dtype=np.uint8)
        Image.fromarray(samples).save(place / f"{number:03}.png")
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != ".srcli-manifest.sqlite"
    }


def recorded(out: Path) -> dict[str, tuple[int, int]]:
    """Inode and time of every output that the manifest calls done."""
    with contextlib.closing(sqlite3.connect(out / ".srcli-manifest.sqlite")) as database:
        try:
            rows = database.execute("SELECT output FROM pictures WHERE state = 'done'").fetchall()
        except sqlite3.OperationalError:  # killed before it had a table
            rows = []
    states = {output: (out / output).stat() for (output,) in rows}
    return {output: (state.st_ino, state.st_mtime_ns) for output, state in states.items()}


def test_what_was_recorded_is_never_made_again_and_nothing_is_lost(python, tmp_path):
    source = batch(tmp_path / "in", PICTURES)
    whole, out = tmp_path / "whole", tmp_path / "out"
    command = [python, "-c", SERVER, "0"]
    subprocess.run([*command, "0", source, whole], check=True, capture_output=True)
    seen: dict[str, tuple[int, int]] = {}
    done_at_kills = []
    with subprocess.Popen(
        [*command, str(KILLS), source, out],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        for line in server.stdout:
            if line != "killed\n":
                continue
            now = recorded(out)
            assert {name: now[name] for name in seen} == seen
            seen = now
            done_at_kills.append(len(now))
            server.stdin.write("\n")
            server.stdin.flush()
        assert server.wait() == 0
    assert max(done_at_kills) > 0
    assert min(done_at_kills) < PICTURES
    final = recorded(out)
    assert len(final) == PICTURES
    assert {name: final[name] for name in seen} == seen
    assert contents(out) == contents(whole)


def test_two_runs_at_once_share_the_work(python, tmp_path):
    source, out = batch(tmp_path / "in", PICTURES), tmp_path / "out"
    command = [python, "-m", "srcli", "upscale", source, "-o", out, "--json"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    runs = [
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
        for _ in range(2)
    ]
    told = [run.communicate()[0] for run in runs]
    assert [run.returncode for run in runs] == [0, 0]
    assert sum(text.count('"event": "done"') for text in told) == PICTURES
    assert len(recorded(out)) == PICTURES
    assert len(contents(out)) == PICTURES


def test_an_interrupted_run_keeps_what_is_done_and_goes_on_later(python, tmp_path):
    source, out = batch(tmp_path / "in", 40), tmp_path / "out"
    command = [python, "-m", "srcli", "upscale", source, "-o", out]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as run:
        assert run.stdout is not None
        run.stdout.readline()
        run.send_signal(signal.SIGINT)
        talk = run.communicate()[1]
    assert run.returncode == 130
    assert "interrupted: " in talk
    assert "Traceback" not in talk
    done = recorded(out)
    assert 0 < len(done) < 40
    assert set(contents(out)) == set(done)
    subprocess.run(command, check=True, capture_output=True, env=environment)
    assert len(contents(out)) == 40
    assert {name: recorded(out)[name] for name in done} == done
