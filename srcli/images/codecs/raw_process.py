"""A program that develops one camera raw file with LibRaw, run by ``raw`` in a process of its own.

LibRaw tells of damaged data on stderr alone, and a hostile file may end the process.

    python raw_process.py size|develop PIXEL_LIMIT < FILE

writes a line of JSON, and the samples behind it, to stdout.
"""

from __future__ import annotations

import io
import json
import sys

import numpy as np
import rawpy

_SWAPPED = 4
"""Bit of LibRaw's codes of orientation that swaps rows and columns."""
_SRGB_CURVE = (2.4, 12.92)
"""Exponent, and slope at black, of the curve of sRGB (IEC 61966-2-1)."""


def main() -> None:
    """Read a file from stdin, and write what was asked for."""
    wish, pixel_limit = sys.argv[1], int(sys.argv[2])
    with rawpy.RawPy() as raw:
        raw.open_buffer(io.BytesIO(sys.stdin.buffer.read()))
        height, width = _size(raw.sizes)
        stored = raw.sizes.raw_height * raw.sizes.raw_width
        head = {"height": height, "width": width, "pixels": max(stored, height * width)}
        samples = None
        if wish == "develop" and head["pixels"] <= pixel_limit:
            samples = _develop(raw)
            head |= {"height": samples.shape[0], "width": samples.shape[1]}
    sys.stdout.buffer.write(json.dumps(head).encode() + b"\n")
    if samples is not None:
        sys.stdout.buffer.write(samples.tobytes())


def _size(sizes: rawpy.ImageSizes) -> tuple[int, int]:
    """Return height and width once pixels are square and the picture is upright."""
    height, width, aspect = sizes.iheight, sizes.iwidth, sizes.pixel_aspect
    if aspect < 1:
        height = int(height / aspect + 0.5)
    elif aspect > 1:
        width = int(width * aspect + 0.5)
    return (width, height) if sizes.flip & _SWAPPED else (height, width)


def _develop(raw: rawpy.RawPy) -> np.ndarray:
    """Return uint16 (H, W, C) in sRGB, as bright as it was exposed."""
    raw.unpack()
    samples = raw.postprocess(
        use_camera_wb=True,
        output_color=rawpy.ColorSpace.sRGB,
        output_bps=16,
        gamma=_SRGB_CURVE,
        no_auto_bright=True,
    )
    return np.ascontiguousarray(samples).reshape(*samples.shape[:2], -1)


if __name__ == "__main__":
    main()
