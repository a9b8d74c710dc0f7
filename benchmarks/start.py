"""Measure how long a small picture takes, and where the time before its first pixel goes.

    python benchmarks/start.py [TREE ...] [--runs 7]

Each TREE is a checkout of this repository; this one is measured if none is named. ``srcli
upscale`` enlarges one picture of 64x64 pixels with ``auto`` in a process of its own. Processes
of all trees take turns, after one round that fills the caches of the disk. The table shows the
median and the least of the seconds, beside a process that imports only PyTorch and one that
prints the help.

After it stand the packages whose modules take longest to import, as ``python -X importtime``
tells: with the modules of other packages that they import first, and how many modules there are.
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
SIDE = 64
LISTED = 8
IMPORT = re.compile(r"import time: +(\d+) \| +\d+ \| +([\w.]+)")


def run(tree: Path, arguments: Sequence[str]) -> tuple[float, str]:
    """Return the seconds that a Python process with the code of a tree took, and its stderr."""
    environment = {**os.environ, "PYTHONPATH": str(tree)}
    begin = time.perf_counter()
    done = subprocess.run(  # noqa: S603 - this interpreter
        [sys.executable, *arguments],
        env=environment,
        cwd=tree,
        capture_output=True,
        text=True,
        check=False,
    )
    seconds = time.perf_counter() - begin
    if done.returncode:
        sys.exit(f"{tree}: {done.stderr}")
    return seconds, done.stderr


def package(module: str) -> str:
    """Return the package of a module: of PyTorch and of ours, the first two names."""
    names = module.split(".")
    return ".".join(names[: 2 if names[0] in {"torch", "srcli"} else 1])


def slowest(told: str) -> list[str]:
    """Return a line for each package that takes longest to import."""
    took: Counter[str] = Counter()
    modules: Counter[str] = Counter()
    for microseconds, module in IMPORT.findall(told):
        took[package(module)] += int(microseconds)
        modules[package(module)] += 1
    total = f"{sum(took.values()) / 1e6:7.2f}  {sum(modules.values())} modules"
    return [
        total,
        *(
            f"{took[name] / 1e6:7.2f}  {name}, {modules[name]}"
            for name, _ in took.most_common(LISTED)
        ),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description="seconds of a small picture")
    parser.add_argument("trees", type=Path, nargs="*", default=[ROOT])
    parser.add_argument("--runs", type=int, default=7)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder, "picture.png")
        levels = np.random.default_rng(0).integers(0, 256, (SIDE, SIDE, 3), np.uint8)
        Image.fromarray(levels).save(picture)

        def upscale(tree: Path, run_number: int) -> tuple[str, ...]:
            name = f"{options.trees.index(tree)}-{run_number}.png"
            return ("-m", "srcli", "upscale", str(picture), "-o", str(Path(folder, name)))

        commands = {
            "upscale": upscale,
            "import torch": lambda *_: ("-c", "import torch"),
            "--help": lambda *_: ("-m", "srcli", "--help"),
        }
        seconds: dict[tuple[str, Path], list[float]] = {}
        for number in range(options.runs + 1):
            for name, command in commands.items():
                for tree in options.trees:
                    took, _ = run(tree.resolve(), command(tree, number))
                    seconds.setdefault((name, tree), []).append(took)
        print(f"{'':14}{'median':>8}{'least':>8}")
        for (name, tree), (_, *found) in seconds.items():
            print(f"{name:14}{statistics.median(found):8.2f}{min(found):8.2f}  {tree}")
        for tree in options.trees:
            _, told = run(tree.resolve(), ("-X", "importtime", *upscale(tree, options.runs + 1)))
            print(f"imports of {tree}, seconds", *slowest(told), sep="\n")


if __name__ == "__main__":
    main()
