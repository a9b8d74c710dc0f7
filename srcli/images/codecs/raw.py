"""Camera raw files, developed by LibRaw through rawpy, the extra ``raw``.

The white balance is the camera's, the colours become sRGB of 16 bits, and nothing is brightened or
sharpened. LibRaw turns the picture upright.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from srcli.images.decode_errors import UnsupportedImage, check_size
from srcli.images.metadata import raw_blocks
from srcli.images.metadata.reading import upright
from srcli.images.picture.photo import Metadata
from srcli.images.picture.samples import Samples

_PROGRAM = Path(__file__).with_name("raw_process.py")
_DAMAGE = (b"data corrupted at", b"Unexpected end of file")
"""What LibRaw prints about a file that it goes on with."""
_TOO_LARGE = (b"LibRawTooBigError", b"LibRawUnsufficientMemoryError", b"MemoryError")
"""What the program ends with where there is no memory for a file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Developed:
    """What LibRaw made of a file; without samples where only its size was asked for."""

    height: int
    width: int
    pixels: int
    samples: bytes


def read_size(data: bytes, *, pixel_limit: int) -> tuple[int, int]:
    """Return height and width of the upright picture, without developing it.

    Raises:
        UnsupportedImage: it is too large.
        ValueError: LibRaw does not read it.

    """
    found = _run("size", data, pixel_limit)
    return found.height, found.width


def read(data: bytes, *, pixel_limit: int) -> tuple[Samples, Metadata]:
    """Develop to uint16, grey or RGB; with what the file says beside its pixels.

    Raises:
        UnsupportedImage: it is too large, or damaged.
        MemoryError: there is no memory for it.
        ValueError: LibRaw does not read it.

    """
    found = _run("develop", data, pixel_limit)
    samples = np.frombuffer(found.samples, np.uint16).reshape(found.height, found.width, -1)
    metadata, _ = upright(raw_blocks.read_blocks(data), profile=None, dpi=(0, 0))
    return samples, metadata


def _run(wish: Literal["size", "develop"], data: bytes, pixel_limit: int) -> _Developed:
    command = [sys.executable, "-P", "-W", "ignore", str(_PROGRAM), wish, str(pixel_limit)]
    done = subprocess.run(command, input=data, capture_output=True, check=False)  # noqa: S603 - our own program
    if any(sign in done.stderr for sign in _DAMAGE):
        message = "is damaged or cut short: LibRaw misses data of its sensor"
        raise UnsupportedImage(message)
    if any(sign in done.stderr for sign in _TOO_LARGE):
        raise MemoryError
    if done.returncode:
        message = done.stderr.decode(errors="replace")
        raise ValueError(message)
    head, _, samples = done.stdout.partition(b"\n")
    found = _Developed(**json.loads(head), samples=samples)
    check_size(1, found.pixels, pixel_limit=pixel_limit)
    return found
