"""A folder of a million files and a manifest of as many rows: what going on with it costs.

    python benchmarks/manifest.py FOLDER [--count 1000000]

FOLDER gets two trees of empty files, which are no pictures, and a manifest that says that
every one of the first tree became the one of the second. They are kept for the next time. Each
figure is of a process of its own: finding the pictures and naming their results; the same and the
decision that all of them are done; the size of the manifest; claims of new pictures; what
``srcli manifest`` takes to show it, to join it with an empty one, and to forget half of that again.
Processor time is told beside wall time, as other work on the machine lengthens only the latter.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import resource
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from srcli.batch.database import NAME, open_database
from srcli.batch.manifest import Manifest
from srcli.images.found import InputFile
from srcli.pipeline.sizes import SizeRequest
from srcli.usecases.manifest import merge, show_manifest, vacuum
from srcli.usecases.upscale import Job, _settings, find_jobs, prepare, upscale
from srcli.usecases.upscale_request import UpscaleRequest

IN_FOLDER = 1000
"""Files of one folder."""
Row = tuple[str | float, ...]
CLAIMS = 2000
"""New pictures that are claimed one after the other."""


def request_of(folder: Path) -> UpscaleRequest:
    """The request that all rows are of."""
    return UpscaleRequest(
        inputs=(str(folder / "in"),),
        output=str(folder / "out"),
        size=SizeRequest(scale=(2.0, 2.0)),
        model="bicubic",
    )


def names(count: int) -> Iterator[tuple[str, str]]:
    for number in range(count):
        below = f"{number // IN_FOLDER:04}"
        yield f"{below}/{number:07}.png", f"{below}/{number:07}_x2.png"


def make_files(folder: Path, count: int) -> None:
    """Write both trees and the manifest, unless they are there."""
    request = request_of(folder)
    settings = _settings(request, prepare(request))
    with Manifest(folder / "out", settings, overwrite=False, model="bicubic") as manifest:
        fingerprint, token = manifest.fingerprint, manifest._run.token  # noqa: SLF001
    with closing(open_database(folder / "out" / NAME)) as database:
        if database.execute("SELECT count(*) FROM pictures").fetchone()[0] == count:
            return
        database.execute("BEGIN")
        database.execute("DELETE FROM pictures")
        for number in range(-(-count // IN_FOLDER)):
            for tree in ("in", "out"):
                (folder / tree / f"{number:04}").mkdir(parents=True, exist_ok=True)
        rows = (row_of(folder, *both, fingerprint, token) for both in names(count))
        database.executemany(
            "INSERT INTO pictures VALUES (?, ?, 'done', ?, ?, ?, ?, ?, ?, ?, ?, ?, "
            "256, 256, 512, 512, 0.5, 48.1, NULL)",
            rows,
        )
        database.execute("COMMIT")


def row_of(folder: Path, source: str, output: str, fingerprint: str, token: str) -> Row:
    """Make both files of a picture, and return what is recorded of them."""
    states: list[str | float] = []
    for path in (f"{folder}/in/{source}", f"{folder}/out/{output}"):
        if not os.path.exists(path):  # noqa: PTH110 - a million
            os.mknod(path)
        states += [0, os.stat(path).st_mtime_ns, hashlib.sha256(path.encode()).hexdigest()]  # noqa: PTH116 - a million
    return output, f"{folder}/in/{source}", token, fingerprint, time.time(), *states


def find(folder: Path) -> object:
    return len(find_jobs(request_of(folder)))


def resume(folder: Path) -> object:
    return dict(Counter(type(outcome).__name__ for outcome in upscale(request_of(folder))))


def claims(folder: Path) -> object:
    """Claim new pictures of a manifest that is this large, and forget them."""
    request = request_of(folder)
    new = [
        Job(
            source=InputFile(path=folder / "in/0000/0000000.png", relative=Path("0000000.png")),
            output=folder / "out" / f"new{number}.png",
        )
        for number in range(CLAIMS)
    ]
    with Manifest(folder / "out", _settings(request, prepare(request)), overwrite=False) as one:
        began = time.process_time()
        for job in new:
            one.claim(job)
        microseconds = (time.process_time() - began) / CLAIMS * 1e6
        with one._transaction() as database:  # noqa: SLF001
            database.execute("DELETE FROM pictures WHERE state = 'claimed'")
    return f"{microseconds:.0f} us of a processor a claim"


def show(folder: Path) -> object:
    return dict(show_manifest(str(folder / "out")).states)


def join(folder: Path) -> object:
    """Take over all rows; the folder of results has links to the trees of the other."""
    joined = folder / "joined"
    shutil.rmtree(joined, ignore_errors=True)
    joined.mkdir()
    for tree in (folder / "out").glob("[0-9]*"):
        (joined / tree.name).symlink_to(tree)
    return str(merge(str(joined), [folder / "out"]))


def forget(folder: Path) -> object:
    """Have every second tree of what was joined be gone, and forget that."""
    for tree in sorted((folder / "joined").glob("[0-9]*"))[::2]:
        tree.unlink()
    return str(vacuum(str(folder / "joined")))


STEPS = {step.__name__: step for step in (find, resume, claims, show, join, forget)}


def measure(name: str, folder: Path) -> None:
    wall, processor = time.perf_counter(), time.process_time()
    result = STEPS[name](folder)
    usage = resource.getrusage(resource.RUSAGE_SELF)
    report = {
        "step": name,
        "result": result,
        "wall_s": round(time.perf_counter() - wall, 1),
        "processor_s": round(time.process_time() - processor, 1),
        "peak_mb": round(usage.ru_maxrss * 1024 / 1e6),
    }
    print(json.dumps(report))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=1_000_000)
    parser.add_argument("--step", choices=STEPS)
    arguments = parser.parse_args()
    if arguments.step:
        measure(arguments.step, arguments.folder)
        return
    make_files(arguments.folder, arguments.count)
    size = (arguments.folder / "out" / NAME).stat().st_size
    print(f"manifest: {size / 1e6:.0f} MB, {size / arguments.count:.0f} bytes a row")
    for step in STEPS:
        command = [sys.executable, __file__, str(arguments.folder), "--step", step]
        subprocess.run(command, check=True)  # noqa: S603 - this script


if __name__ == "__main__":
    main()
