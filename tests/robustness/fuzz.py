"""Damage valid pictures at random, have a folder of them enlarged, and measure what happens.

    python tests/robustness/fuzz.py WORK --count 600 --seed 1 [--seeds FOLDER] [FLAG ...]

writes pictures into WORK/in, enlarges them into WORK/out within ``ulimit -v`` with any other flags
of ``srcli upscale``, and prints what was done, how long nothing was said, and what was left behind.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import random
import shlex
import subprocess
import sys
import time
import zlib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pillow_jxl  # noqa: F401 - has Pillow write JPEG XL
import tifffile
from PIL import Image

from srcli.bench.cost import largest_resident

LARGEST_SEED = 100_000
EXTREMES = (0, 1, 2, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFF_FFFF, 0xFFFF_FFFF)
ENDS = (b"\xff\xd9", b"\0\0\0\0IEND\xaeB`\x82", b";")
PNG = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What a run did.

    Attributes:
        code: exit code of the command.
        kinds: how many events there were of each kind.
        found: pictures that the command found.
        silence: longest time without an event, in seconds, from the first on.
        peak: largest resident memory, in bytes.
        talk: what was written to stderr.
        strays: files in the folder of results that no event speaks of.
        errors: kinds of failures and how many there were of each.

    """

    code: int
    kinds: Counter[str]
    found: int
    silence: float
    peak: int
    talk: str
    strays: list[Path]
    errors: Counter[str]


def make_seeds() -> list[tuple[str, bytes]]:
    """Valid pictures of every format that Pillow writes, and of CMYK with alpha, small."""
    noise = np.random.default_rng(0).integers(0, 256, (24, 20, 4), dtype=np.uint8)
    image = Image.fromarray(noise)
    frames = [Image.fromarray(np.roll(noise[..., :3], step, 0)) for step in (7, 14)]
    deep = Image.fromarray((noise[..., 0].astype(np.uint16) << 8) + noise[..., 1])
    moving = {"save_all": True, "append_images": frames, "duration": 40}
    kinds: list[tuple[str, Image.Image, dict[str, object]]] = [
        ("png", image, {}),
        ("png", image.convert("P"), {}),
        ("png", deep, {}),
        ("png", image.convert("RGB"), moving),
        ("jpg", image.convert("RGB"), {}),
        ("jpg", image.convert("RGB"), {"progressive": True}),
        ("jpg", image.convert("CMYK"), {}),
        ("gif", image.convert("RGB"), {}),
        ("gif", image.convert("RGB"), moving),
        ("webp", image, {}),
        ("webp", image, {"lossless": True}),
        ("webp", image.convert("RGB"), moving),
        ("avif", image, {}),
        ("jxl", image, {"lossless": True}),
        ("jxl", image.convert("RGB"), {"exif": b"II*\0" + bytes(10)}),
        ("bmp", image.convert("RGB"), {}),
        ("bmp", image.convert("P"), {}),
        ("tif", image, {}),
        ("tif", deep, {}),
        *(
            ("tif", image.convert("RGB"), {"compression": kind})
            for kind in ("tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg", "zstd")
        ),
        ("tif", image.convert("1"), {"compression": "group4"}),
    ]
    seeds = [(suffix, _saved(one, suffix, options)) for suffix, one, options in kinds]
    return [*seeds, *(("tif", _cmyk_with_alpha(noise, **one)) for one in ({}, {"tile": (16, 16)}))]


def read_seeds(folder: Path) -> list[tuple[str, bytes]]:
    """The files of a folder that are not too large."""
    paths = [path for path in sorted(folder.iterdir()) if path.suffix.lower() != ".tsv"]
    paths = [path for path in paths if 0 < path.stat().st_size <= LARGEST_SEED]
    return [(path.suffix.lower()[1:], path.read_bytes()) for path in paths]


def damaged(data: bytes, chance: random.Random) -> bytes:
    """The file with one to three kinds of damage; half of the PNG files get matching checksums."""
    for _ in range(chance.randint(1, 3)):
        data = chance.choice(_DAMAGES)(bytearray(data), chance) or data
    return _with_checksums(data) if data.startswith(PNG) and chance.random() < 1 / 2 else data


def make_folder(
    folder: Path, seeds: list[tuple[str, bytes]], *, count: int, chance: random.Random
) -> None:
    """Write so many damaged pictures, in folders of a hundred."""
    for number in range(count):
        suffix, data = chance.choice(seeds)
        path = folder / f"{number // 100}" / f"{number:04}.{suffix}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(damaged(data, chance))


def measure(source: Path, output: Path, *options: str, limit: int | None = None) -> Measured:
    """Enlarge a folder into another, within so many kilobytes of address space."""
    command = [sys.executable, "-m", "srcli", "upscale", source, "-o", output, "--json", *options]
    line = shlex.join(map(str, command))
    line = f"ulimit -v {limit}; exec {line}" if limit else f"exec {line}"
    errors = output.parent / "stderr"
    events, silence, last, peak = [], 0.0, 0.0, 0
    with errors.open("w", encoding="utf-8") as talk:
        process = subprocess.Popen(
            ["/bin/sh", "-c", line],
            stdout=subprocess.PIPE,
            stderr=talk,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )
        for told in process.stdout or ():
            now = time.monotonic()
            silence, last = max(silence, now - last if last else 0.0), now
            events.append(json.loads(told))
            # what wait4 tells counts the process that started it, too
            peak = max(peak, largest_resident(Path(f"/proc/{process.pid}")))
        process.stdout.close()
        code = process.wait()
    made = {Path(event["output"]) for event in events if "output" in event}
    there = [path for path in output.rglob("*") if path.is_file() and path not in made]
    failed = Counter(event["error"] for event in events if event["event"] == "failed")
    return Measured(
        code=code,
        kinds=Counter(event["event"] for event in events),
        found=sum(event["found"] for event in events if event["event"] == "start"),
        silence=silence,
        peak=peak,
        talk=errors.read_text(encoding="utf-8"),
        strays=[path for path in there if not path.name.startswith(".srcli-manifest")],
        errors=failed,
    )


def _saved(image: Image.Image, suffix: str, options: dict[str, object]) -> bytes:
    file = io.BytesIO()
    names = {"jpg": "JPEG", "tif": "TIFF"}
    image.save(file, names.get(suffix, suffix.upper()), **options)
    return file.getvalue()


def _cmyk_with_alpha(noise: np.ndarray, **options: object) -> bytes:
    file = io.BytesIO()
    samples = np.concatenate([noise, noise[..., :1]], axis=2)
    options |= {"photometric": "separated", "planarconfig": "contig", "extrasamples": [2]}
    tifffile.imwrite(file, samples, **options)
    return file.getvalue()


def _flip(data: bytearray, chance: random.Random) -> bytes:
    for _ in range(chance.choice((1, 3, 20))):
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    return bytes(data)


def _cut(data: bytearray, chance: random.Random) -> bytes:
    return bytes(data[: chance.randrange(1, len(data) + 1)])


def _cut_and_end(data: bytearray, chance: random.Random) -> bytes:
    return _cut(data, chance) + chance.choice(ENDS)


def _set_size(data: bytearray, chance: random.Random) -> bytes:
    """Give a number near the start, or anywhere, a value that is rarely meant."""
    at = chance.randrange(min(len(data), chance.choice((64, 512, len(data)))))
    width = chance.choice((1, 2, 4))
    value = chance.choice(EXTREMES) & ((1 << 8 * width) - 1)
    data[at : at + width] = value.to_bytes(width, chance.choice(("big", "little")))
    return bytes(data)


def _swap(data: bytearray, chance: random.Random) -> bytes:
    first, second, third = sorted(chance.randrange(len(data)) for _ in range(3))
    return bytes(data[:first] + data[second:third] + data[first:second] + data[third:])


def _repeat(data: bytearray, chance: random.Random) -> bytes:
    start, end = sorted(chance.randrange(len(data)) for _ in range(2))
    times = chance.choice((1, 1, 2, 50))
    return bytes(data[:end] + data[start:end] * times + data[end:])[: 20 * LARGEST_SEED]


def _blank(data: bytearray, chance: random.Random) -> bytes:
    start, end = sorted(chance.randrange(len(data)) for _ in range(2))
    data[start:end] = chance.choice((b"\0", b"\xff")) * (end - start)
    return bytes(data)


_DAMAGES = (_flip, _flip, _cut, _cut_and_end, _set_size, _set_size, _swap, _repeat, _blank)


def _with_checksums(data: bytes) -> bytes:
    out, at = bytearray(data), len(PNG)
    while at + 12 <= len(out):
        end = at + 8 + int.from_bytes(out[at : at + 4])
        if end + 4 > len(out):
            break
        out[end : end + 4] = zlib.crc32(out[at + 4 : end]).to_bytes(4)
        at = end + 4
    return bytes(out)


def main() -> None:
    """Make, run and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("work", type=Path)
    parser.add_argument("--count", type=int, default=600)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--limit", type=int, default=6_000_000, help="kilobytes")
    parser.add_argument("--seeds", type=Path, help="folder of valid pictures")
    given, options = parser.parse_known_args()
    seeds = make_seeds() * 2 + (read_seeds(given.seeds) if given.seeds else [])
    chance = random.Random(given.seed)
    make_folder(given.work / "in", seeds, count=given.count, chance=chance)
    found = measure(given.work / "in", given.work / "out", *options, limit=given.limit)
    print(f"exit {found.code}; {found.found} found; {dict(found.kinds)}; {dict(found.errors)}")  # noqa: T201
    print(f"silent {found.silence:.1f} s; peak {found.peak / 1e6:.0f} MB")  # noqa: T201
    print(f"strays {found.strays}; stderr {found.talk[-3000:]!r}")  # noqa: T201


if __name__ == "__main__":
    main()
