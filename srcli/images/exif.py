"""The few EXIF tags that tell of the pixels, read and rewritten in place.

An EXIF block is a small TIFF file. Changing values where they stand keeps every other byte,
makers' notes included, which writing the block anew does not.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

PREFIX = b"Exif\0\0"
"""What JPEG, and some writers of other formats, put before the block."""

UPRIGHT = 1
ORIENTATIONS = range(UPRIGHT, 9)
"""Values of tag 274 that make sense (TIFF 6.0)."""

_WIDTH = 0x0100
_HEIGHT = 0x0101
_ORIENTATION = 0x0112
_EXIF_DIRECTORY = 0x8769
_EXIF_WIDTH = 0xA002
_EXIF_HEIGHT = 0xA003

_ENTRY_BYTES = 12
_SHORT = 3
_LONG = 4
_FORMATS = {_SHORT: "H", _LONG: "I"}
_SHORT_PEAK = 0xFFFF
_XMP_ORIENTATION = re.compile(rb"""(tiff:Orientation(?:\s*=\s*["']|>)\s*)[2-8]""")


@dataclass(frozen=True, slots=True)
class _Entry:
    """One directory entry that holds an integer; ``at`` is its position in the block."""

    at: int
    tag: int
    kind: int
    value: int


def orientation(block: bytes) -> int:
    """Orientation 1 to 8 (TIFF 6.0, tag 274); 1 where there is none or it makes no sense."""
    stored = [entry.value for entry in _entries(block) if entry.tag == _ORIENTATION]
    return stored[0] if stored and stored[0] in ORIENTATIONS else UPRIGHT


def make_upright(block: bytes) -> bytes:
    """The block saying that the picture is upright, cut off from its (turned) thumbnail."""
    if orientation(block) == UPRIGHT:
        return block
    changed = bytearray(_with_values(block, {_ORIENTATION: UPRIGHT}))
    order = byte_order(block)
    (start,) = struct.unpack_from(order + "I", block, 4)
    (count,) = struct.unpack_from(order + "H", block, start)
    next_directory = start + 2 + count * _ENTRY_BYTES
    changed[next_directory : next_directory + 4] = bytes(4)
    return bytes(changed)


def with_size(block: bytes, *, height: int, width: int) -> bytes:
    """The block with the size tags that it has, if any, set to a new size."""
    sizes = {_WIDTH: width, _EXIF_WIDTH: width, _HEIGHT: height, _EXIF_HEIGHT: height}
    return _with_values(block, sizes)


def upright_xmp(packet: bytes) -> bytes:
    """The XMP packet saying that the picture is upright."""
    return _XMP_ORIENTATION.sub(rb"\g<1>1", packet)


def _with_values(block: bytes, values: Mapping[int, int]) -> bytes:
    changed = bytearray(block)
    order = byte_order(block)
    for entry in _entries(block):
        if entry.tag in values:  # a LONG fits where a SHORT stands
            value = values[entry.tag]
            kind = _LONG if value > _SHORT_PEAK else entry.kind
            struct.pack_into(order + "H", changed, entry.at + 2, kind)
            struct.pack_into(order + _FORMATS[kind], changed, entry.at + 8, value)
    return bytes(changed)


def _entries(block: bytes) -> list[_Entry]:
    """Integers of the first directory and of the EXIF directory; of a broken block, none."""
    order = byte_order(block)
    try:
        (start,) = struct.unpack_from(order + "I", block, 4)
        entries = list(_directory(block, order, start))
        inner = [entry.value for entry in entries if entry.tag == _EXIF_DIRECTORY]
        return entries + [entry for start in inner for entry in _directory(block, order, start)]
    except struct.error:
        return []


def _directory(block: bytes, order: str, start: int) -> Iterator[_Entry]:
    (count,) = struct.unpack_from(order + "H", block, start)
    for at in range(start + 2, start + 2 + count * _ENTRY_BYTES, _ENTRY_BYTES):
        tag, kind, length = struct.unpack_from(order + "HHI", block, at)
        if kind in _FORMATS and length == 1:
            (value,) = struct.unpack_from(order + _FORMATS[kind], block, at + 8)
            yield _Entry(at, tag, kind, value)


def byte_order(block: bytes) -> str:
    """The prefix of ``struct`` formats for a block's numbers."""
    return "<" if block.startswith(b"II") else ">"
