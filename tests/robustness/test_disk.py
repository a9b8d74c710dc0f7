"""Disks that are full or read-only. Each case mounts a small file system of its own."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

PICTURES = 16
RUN = f"{sys.executable} -m srcli upscale in -o out"


@pytest.fixture
def place(tmp_path) -> Path:
    """A folder of small noisy pictures; a result takes about 50 kB."""
    levels = np.random.default_rng(2)
    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir()
    for number in range(PICTURES):
        samples = levels.integers(0, 256, (64, 64, 3), dtype=np.uint8)
        Image.fromarray(samples).save(tmp_path / f"in/{number:02}.png")
    return tmp_path


def inside(place: Path, script: str) -> list[str]:
    """Run a script as root of a mount namespace of its own; return its output by line."""
    unshare = shutil.which("unshare")
    assert unshare, "the unshare command of util-linux is needed"
    done = subprocess.run(
        [unshare, "--map-root-user", "--mount", "sh", "-c", script],
        cwd=place,
        capture_output=True,
        text=True,
        check=False,
        env={"OMP_NUM_THREADS": "1", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
    )
    assert "Traceback" not in done.stderr
    return (done.stdout + done.stderr).splitlines()


def test_a_full_disk_ends_the_run_and_loses_nothing(place):
    lines = inside(
        place,
        "mount -t tmpfs -o size=640k tmpfs out;"
        f"{RUN}; echo code $?; ls -A out; echo made $(ls out | wc -l);"
        "mount -o remount,size=8m out;"
        f"{RUN} >again 2>&1; echo code $?; grep -c ': skipped,' again; ls -A out | wc -l",
    )
    assert "code 5" in lines
    assert sum("the disk is full." in line for line in lines) >= 1
    assert any("not reached of 16" in line for line in lines)
    assert not any(line.endswith((".part", ".run")) for line in lines)
    (made,) = (int(line.split()[1]) for line in lines if line.startswith("made "))
    assert 0 < made < PICTURES
    code = lines.index("code 0")
    assert lines[code + 1] == str(made)
    assert lines[code + 2] == str(PICTURES + 1)


def test_a_disk_without_room_for_a_manifest_is_said_to_be_full(place):
    lines = inside(
        place, f"mount -t tmpfs -o size=8k tmpfs out; {RUN}; echo code $?; ls -A out | wc -l"
    )
    assert "code 5" in lines
    assert [line for line in lines if line.startswith("error:")] == [
        "error: out/.srcli-manifest.sqlite cannot be written: the disk is full."
    ]


@pytest.mark.parametrize("arguments", ["in -o out", "in/00.png -o out/one.png"])
def test_a_read_only_place_is_refused_before_any_work(place, arguments):
    lines = inside(
        place,
        "mount -t tmpfs -o ro tmpfs out;"
        f"{sys.executable} -m srcli upscale {arguments}; echo code $?; ls -A out | wc -l",
    )
    assert lines[:2] == ["code 3", "0"]
    (error,) = (line for line in lines if line.startswith("error:"))
    assert "read-only" in error


@pytest.mark.parametrize(("size", "kept"), [("6m", []), ("13m", ["state.pt"])])
def test_a_full_disk_ends_training_and_loses_no_state(place, size, kept):
    train = (
        f"{sys.executable} -m srcli train --data in --val in --out out --batch 1 --patch 32"
        " --optimizer adam --precision float32 --steps 2 --validate-every 1"
    )
    lines = inside(
        place, f"mount -t tmpfs -o size={size} tmpfs out; {train}; echo code $?; ls -A out"
    )
    assert any(line.endswith("the disk is full.") for line in lines)
    assert "code 5" in lines
    left = {line for line in lines if line.startswith(("state", ".srcli")) or line.endswith(".tmp")}
    assert left == set(kept)
