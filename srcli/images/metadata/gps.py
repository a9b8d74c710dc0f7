"""Take out of EXIF and XMP where a picture was taken."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice

from srcli.images.metadata.ifd import ENTRY_BYTES, EXIF, GPS, MAIN_MARKS, byte_order, drop
from srcli.images.metadata.xmp import NotPlain
from srcli.images.metadata.xmp_rules import without_location

_INLINE_BYTES = 4
_VALUE_BYTES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
_MOST_DIRECTORIES = 8
_XMP_ATTRIBUTE = re.compile(rb"""\s[\w-]+:GPS\w*\s*=\s*(?:"[^"]*"|'[^']*')""")
_XMP_ELEMENT = re.compile(rb"<([\w-]+:GPS\w*)(?:\s[^<>]*)?(?:/>|>[^<]*</\1\s*>)")


def exif_without_gps(block: bytes) -> bytes | None:
    """The EXIF block without its GPS directory, whose bytes are zeroed; all else stays in place.

    A maker's note is left alone, whatever it holds.

    Returns:
        None for a block that cannot be followed to its end: it might hide the place.

    """
    if not block.startswith(MAIN_MARKS):
        return None
    changed = bytearray(block)
    try:
        for start in islice(_directories(block), _MOST_DIRECTORIES):
            _take_out(changed, start, byte_order(block))
    except struct.error:
        return None
    return bytes(changed)


def xmp_without_gps(packet: bytes) -> bytes | None:
    """The XMP packet without properties that say where the picture was taken.

    Returns:
        None for a packet that is not well-formed and still speaks of GPS.

    """
    with suppress(NotPlain):
        packet = without_location(packet)
    kept = _XMP_ELEMENT.sub(b"", _XMP_ATTRIBUTE.sub(b"", packet))
    return None if b"GPS" in kept or b"\0" in kept else kept or None


def _directories(block: bytes) -> Iterator[int]:
    """Where directories start: the chain of them, each followed by the EXIF directory in it."""
    order = byte_order(block)
    (start,) = struct.unpack_from(order + "I", block, 4)
    while start:
        yield start
        (count,) = struct.unpack_from(order + "H", block, start)
        for at in range(start + 2, start + 2 + count * ENTRY_BYTES, ENTRY_BYTES):
            tag, _, _, value = struct.unpack_from(order + "HHII", block, at)
            if tag == EXIF:
                yield value
        (start,) = struct.unpack_from(order + "I", block, start + 2 + count * ENTRY_BYTES)


def _take_out(block: bytearray, start: int, order: str) -> None:
    """Zero the GPS directories that one directory points to, and close the gap in it."""
    (count,) = struct.unpack_from(order + "H", block, start)
    for at in range(start + 2, start + 2 + count * ENTRY_BYTES, ENTRY_BYTES):
        (tag,) = struct.unpack_from(order + "H", block, at)
        if tag == GPS:
            _wipe_directory(block, struct.unpack_from(order + "I", block, at + 8)[0], order)
    drop(block, start, {GPS})


def _wipe_directory(block: bytearray, start: int, order: str) -> None:
    (count,) = struct.unpack_from(order + "H", block, start)
    for at in range(start + 2, start + 2 + count * ENTRY_BYTES, ENTRY_BYTES):
        _, kind, length, value = struct.unpack_from(order + "HHII", block, at)
        size = _VALUE_BYTES.get(kind, 1) * length
        if size > _INLINE_BYTES:
            _wipe(block, value, value + size)
    _wipe(block, start, start + 2 + count * ENTRY_BYTES + 4)


def _wipe(block: bytearray, start: int, end: int) -> None:
    end = min(end, len(block))
    block[start:end] = bytes(max(0, end - start))
