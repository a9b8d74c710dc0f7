"""A huge picture: its memory, and what a kill half-way costs.

    python benchmarks/huge.py FOLDER_OF_PICTURES WORK [--width 8000 --height 6000 --scale 4]

The source is a mosaic of the pictures of the folder. It is enlarged to a BigTIFF twice: once
without a break, and once killed (SIGKILL) after about half of that processor time, at random, and
then run again. Both files must be equal. A line a run gives its time and the peak of its resident
memory. WORK is kept, so that what is done is not done again if this script is started anew.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import time
from itertools import cycle
from pathlib import Path
from random import Random
from typing import Any

from PIL import Image

from srcli.training.patches import picture_files


def make_source(folder: Path, target: Path, size: tuple[int, int]) -> None:
    """Paste pictures side by side, in rows, until ``size`` is covered."""
    canvas = Image.new("RGB", size)
    pictures = cycle(picture_files(folder))
    top = 0
    while top < size[1]:
        left, lowest = 0, 0
        while left < size[0]:
            with Image.open(next(pictures)) as picture:
                piece = picture.convert("RGB")
            canvas.paste(piece, (left, top))
            left += piece.width
            lowest = max(lowest, piece.height)
        top += lowest
    canvas.save(target)


def processor_seconds(process: int) -> float:
    """Return what a running process has used so far (Linux)."""
    _, _, fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")
    user, system = fields.split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def run(command: list[str], *, seconds: float | None = None) -> dict[str, Any]:
    """Run a command, kill it after ``seconds`` of processor time; return what it took."""
    began = time.monotonic()
    process = subprocess.Popen(command)  # noqa: S603 - this interpreter
    if seconds is not None:
        while processor_seconds(process.pid) < seconds:
            time.sleep(0.1)
        process.kill()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if seconds is None and process.returncode:
        sys.exit(f"{command} failed")
    return {
        "seconds": round(time.monotonic() - began, 1),
        "processor_seconds": round(usage.ru_utime + usage.ru_stime, 1),
        "peak_MB": round(usage.ru_maxrss * 1024 / 1e6),
    }


def digest(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("work", type=Path)
    parser.add_argument("--width", type=int, default=8000)
    parser.add_argument("--height", type=int, default=6000)
    parser.add_argument("--scale", default="4")
    parser.add_argument("--model", default="auto")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    source = options.work / "source.png"
    if not source.exists():
        make_source(options.folder, source, (options.width, options.height))
    told = options.work / "runs.json"
    done: dict[str, Any] = json.loads(told.read_text()) if told.exists() else {}

    def step(name: str, result: Path, *, share: float | None = None) -> dict[str, Any]:
        if name not in done:
            command = [sys.executable, "-m", "srcli", "upscale", str(source), "-o", str(result)]
            command += ["--scale", options.scale, "--model", options.model]
            seconds = None if share is None else share * done["undisturbed"]["processor_seconds"]
            done[name] = run(command, seconds=seconds)
            told.write_text(json.dumps(done, indent=1))
        print(name, done[name], flush=True)
        return done[name]

    share = Random(options.seed).uniform(0.45, 0.55)
    whole, resumed = options.work / "whole.tif", options.work / "resumed.tif"
    step("undisturbed", whole)
    step(f"killed at {share:.0%}", resumed, share=share)
    step("resumed", resumed)
    part = done["resumed"]["processor_seconds"] / done["undisturbed"]["processor_seconds"]
    print(f"resumed: {part:.0%} of the processor time of the undisturbed run")
    print("equal" if digest(whole) == digest(resumed) else "NOT EQUAL")


if __name__ == "__main__":
    main()
