"""Photoshop's image resources ("8BIM"), and the IPTC record that is one of them.

Source: Adobe Photoshop File Formats Specification, 2019, "Image Resources Section"; IPTC-IIM 4.2.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

PREFIX = b"Photoshop 3.0\0"
"""What JPEG puts before the resources."""
IPTC = 0x0404
LOCATIONS = frozenset({26, 27, 90, 92, 95, 100, 101})
"""Data sets of IPTC's record 2 that say where a picture was taken."""

_MARK = b"8BIM"
_PATHS = range(2000, 2999)
_KEPT = frozenset({0x0404, 0x040A, 0x040B, 0x0425, 0x0BB7, *_PATHS})
"""IPTC, rights, address, digest of IPTC, and paths, which are in shares of the size."""
_DIGEST = 0x0425
_RECORD_MARK = 0x1C
_APPLICATION_RECORD = 2
_EXTENDED = 0x8000


def resources(data: bytes) -> dict[int, bytes] | None:
    """Return the contents of resources by number; None if they cannot be followed to the end."""
    found, at = dict[int, bytes](), 0
    try:
        while data[at : at + 4].strip(b"\0"):
            mark, number, name = struct.unpack_from(">4sHB", data, at)
            start = at + 7 + name + (name + 1) % 2
            (size,) = struct.unpack_from(">I", data, start)
            body = data[start + 4 : start + 4 + size]
            if mark != _MARK or len(body) < size:
                return None
            found[number] = body
            at = start + 4 + size + size % 2
    except struct.error:
        return None
    return found


def join(blocks: dict[int, bytes]) -> bytes:
    """Lay resources one behind the other."""
    return b"".join(
        struct.pack(">4sHHI", _MARK, number, 0, len(body)) + body + bytes(len(body) % 2)
        for number, body in sorted(blocks.items())
    )


def lasting(blocks: dict[int, bytes]) -> dict[int, bytes]:
    """Return the resources that hold for a picture of another size, without thumbnails."""
    return {number: body for number, body in blocks.items() if number in _KEPT}


def without_location(blocks: dict[int, bytes]) -> dict[int, bytes]:
    """Return resources whose IPTC record does not say where the picture was taken."""
    kept = dict(blocks)
    if IPTC in kept:
        kept.pop(_DIGEST, None)
        record = iptc_without_location(kept.pop(IPTC))
        if record:
            kept[IPTC] = record
    return kept


def iptc_without_location(record: bytes) -> bytes:
    """Return an IPTC record without the data sets that name a place; of a broken one, nothing."""
    try:
        return b"".join(
            body
            for number, data_set, body in _data_sets(record)
            if number != _APPLICATION_RECORD or data_set not in LOCATIONS
        )
    except (struct.error, ValueError):
        return b""


def tidy_iptc(record: bytes) -> bytes:
    """Return an IPTC record that stood in TIFF numbers of 32 bits, in order and unpadded."""
    if record[3:4] == bytes([_RECORD_MARK]) and record[:1] != bytes([_RECORD_MARK]):
        record = record.ljust(-(-len(record) // 4) * 4, b"\0")
        record = b"".join(record[at : at + 4][::-1] for at in range(0, len(record), 4))
    try:
        return b"".join(body for _, _, body in _data_sets(record))
    except (struct.error, ValueError):
        return record


def _data_sets(record: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Yield number of record, number of data set, and the whole data set."""
    at = 0
    while record[at : at + 1].strip(b"\0"):
        mark, number, data_set, size = struct.unpack_from(">BBBH", record, at)
        if mark != _RECORD_MARK:
            raise ValueError
        start = at + 5
        if size >= _EXTENDED:
            wide = size - _EXTENDED
            size = int.from_bytes(record[start : start + wide])
            start += wide
        if start + size > len(record):
            raise ValueError
        yield number, data_set, record[at : start + size]
        at = start + size
