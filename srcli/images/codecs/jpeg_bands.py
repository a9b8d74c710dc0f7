"""JPEG files of tall pictures, encoded in bands of rows, so that no encoder holds all of them.

Every band is encoded as a picture of its own. The bands become the restart intervals of one scan:
at a restart, a decoder forgets what it predicts from, as at the start of a picture (ITU-T T.81,
F.1.1.5.1). So pixels are those of a file that was encoded at once.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import replace
from typing import BinaryIO

from srcli.images.metadata.jpeg_segments import END, SCAN, Segment, walk
from srcli.images.picture.samples import Samples

BLOCK = 8
"""Side of a block in pixels, if no channel is subsampled."""
MOST_BLOCKS = 65_535
"""Blocks of a restart interval, at the most."""
MOST_ROWS = 64
"""Rows of blocks of a band, at the most."""
_START, _RESTARTS = b"\xff\xd8", range(0xD0, 0xD8)
_INTERVAL = 0xDD
_FRAMES = (0xC0, 0xC1)


def band_rows(width: int) -> int:
    """Return the rows of pixels of a band."""
    across = -(-width // BLOCK)
    return BLOCK * min(MOST_ROWS, MOST_BLOCKS // across)


def write(
    file: BinaryIO,
    samples: Samples,
    first: Callable[[Samples], bytes],
    further: Callable[[Samples], bytes],
) -> None:
    """Write samples (H, W, C) as a file.

    Args:
        file: where it is written.
        samples: of the whole picture.
        first: encodes the first band, with all metadata, as a sequential file that subsamples no
            channel.
        further: encodes any other band with the same tables.

    """
    height, width, _ = samples.shape
    rows = band_rows(width)
    if height <= rows:
        file.write(first(samples))
        return
    interval = rows // BLOCK * -(-width // BLOCK)
    file.write(_START)
    for segment in walk(first(samples[:rows])):
        if segment.marker in _FRAMES:
            size = struct.pack(">H", height)
            frame = replace(segment, body=segment.body[:1] + size + segment.body[3:])
            file.write(frame.content)
        elif segment.marker == SCAN:
            file.write(Segment(marker=_INTERVAL, body=struct.pack(">H", interval)).content)
            file.write(segment.content)
        elif segment.marker != END:
            file.write(segment.content)
    for number, top in enumerate(range(rows, height, rows)):
        scan = next(one for one in walk(further(samples[top : top + rows])) if one.marker == SCAN)
        file.write(bytes([0xFF, _RESTARTS[number % len(_RESTARTS)]]) + scan.scanned)
    file.write(bytes([0xFF, END]))
