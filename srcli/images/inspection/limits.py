"""How many frames and parts a file has, without decoding any of them.

Decoders take their time over each part, however small it is: a small file of a million of them
would keep all others waiting.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator

from srcli.images.codecs import gif, png, webp
from srcli.images.decode_errors import UnsupportedImage
from srcli.images.formats import GIF, JPEG, PNG, TIFF, WEBP, Format
from srcli.images.inspection import gif_file, jpeg_file
from srcli.images.metadata import ifd
from srcli.images.read_rules import ReadRules

_CHUNK_FRAME, _CHUNK_ANIMATION = b"fcTL", b"acTL"
_PARTS_LISTED = {273, 279, 324, 325}
"""Tags of offsets and sizes of strips and tiles."""


def check_limits(data: bytes, known: Format, rules: ReadRules) -> None:
    """Refuse a file of more frames or parts than the limits.

    Raises:
        UnsupportedImage: it has more.

    """
    if known not in _COUNTS:
        return
    name, count = _COUNTS[known]
    parts, frames = 0, 0
    for more, moving in count(data):
        parts += more
        frames += moving
        if parts > rules.part_limit:
            message = f"holds more than {rules.part_limit:,} {name}"
            raise UnsupportedImage(message, hint="Raise the limit with --max-parts.")
        if frames > rules.frame_limit:
            message = f"holds more than {rules.frame_limit:,} frames"
            raise UnsupportedImage(message, hint="Raise the limit with --max-frames.")


def _png_parts(data: bytes) -> Iterator[tuple[int, int]]:
    said, shown = 0, 0
    for kind, start, _ in png.walk_heads(data):
        moving = 0
        if kind == _CHUNK_ANIMATION:
            said = int.from_bytes(data[start : start + 4])
            moving = max(0, said - shown)
        elif kind == _CHUNK_FRAME:
            shown += 1
            moving = int(shown > said)
        yield 1, moving


def _gif_parts(data: bytes) -> Iterator[tuple[int, int]]:
    """Yield every block, and its blocks of data but for as many as full ones would be."""
    for block in gif.walk(data):
        surplus = max(0, block.pieces - (block.end - block.body) // gif_file.SMALL_PIECE)
        yield 1 + surplus, int(block.is_frame)


def _jpeg_parts(data: bytes) -> Iterator[tuple[int, int]]:
    return ((size, 0) for size in jpeg_file.head_parts(data))


def _webp_parts(data: bytes) -> Iterator[tuple[int, int]]:
    return ((1, int(kind == webp.FRAME)) for kind, _, _ in webp.walk(data))


def _tiff_parts(data: bytes) -> Iterator[tuple[int, int]]:
    try:
        for start in ifd.chain(data):
            yield 1, 0
            for _, tag, _, count in ifd.heads(data, start):
                yield 1 + (count if tag in _PARTS_LISTED else 0), 0
    except struct.error:  # cut short, which the decoder says
        return


_COUNTS: dict[Format, tuple[str, Callable[[bytes], Iterator[tuple[int, int]]]]] = {
    PNG: ("chunks", _png_parts),
    JPEG: ("segments", _jpeg_parts),
    GIF: ("blocks", _gif_parts),
    WEBP: ("chunks", _webp_parts),
    TIFF: ("strips, tiles and entries", _tiff_parts),
}
