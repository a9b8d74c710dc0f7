"""The items of an AVIF or HEIF file (ISO/IEC 14496-12 and 23008-12)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

_FULL = 4
"""Bytes of version and flags at the start of some boxes."""
_LARGEST = 1 << 26
_MOST_PIECES = 1 << 16
"""The most bytes and pieces of an item that is read; longer ones are passed over."""
_GAIN_MARKS = (b"urn:com:apple:photo:2020:aux:hdrgainmap", b"urn:iso:std:iso:ts:21496:-1")
_DEPTH_MARKS = (
    b"urn:mpeg:hevc:2015:auxid:2",
    b"urn:mpeg:mpegB:cicp:systems:auxiliary:depth",
)
_MATTE = b"urn:com:apple:photo:2018:aux:"
_CODED = {b"av01", b"hvc1", b"grid", b"iden", b"avc1", b"jpeg", b"unci"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One item: its kind, and the pieces of the file that it is made of, from where to where."""

    kind: bytes
    pieces: tuple[tuple[int, int | None], ...]

    def content(self, data: bytes) -> bytes:
        """Return its bytes; none of an item that is larger than any block of metadata."""
        pieces = [slice(*piece).indices(len(data)) for piece in self.pieces]
        if sum(max(0, stop - start) for start, stop, _ in pieces) > _LARGEST:
            return b""
        return b"".join(data[start:stop] for start, stop, _ in pieces)


def boxes(data: bytes, start: int = 0, end: int | None = None) -> Iterator[tuple[bytes, int, int]]:
    """Yield kind, start and end of the content of each box; a broken one ends them."""
    end = len(data) if end is None else end
    for kind, body, stop in heads(data, start, end):
        if stop > end:
            return
        yield kind, body, stop


def heads(data: bytes, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield kind, start and end of the content of each box, the last perhaps beyond the end."""
    while start + 8 <= end:
        size, kind = struct.unpack_from(">I4s", data, start)
        head = 8
        if size == 1 and start + 16 <= end:
            (size,) = struct.unpack_from(">Q", data, start + 8)
            head = 16
        stop = end if size == 0 else start + size
        if size and size < head:
            return
        yield kind, start + head, stop
        start = stop


def exif_block(data: bytes) -> bytes | None:
    """Return the EXIF block of a file from its TIFF header on, byte for byte; None without one."""
    for item in items(data):
        if item.kind == b"Exif":
            content = item.content(data)
            skipped = int.from_bytes(content[:_FULL])
            return content[_FULL + skipped :] or None
    return None


def items(data: bytes) -> list[Item]:
    """Return the items of a file; none of one that cannot be followed."""
    try:
        return _items(data)
    except (struct.error, IndexError):
        return []


def companions(data: bytes) -> tuple[str, ...]:
    """Name what a file holds beside its main picture."""
    meta = b"".join(data[start:end] for kind, start, end in boxes(data) if kind == b"meta")
    kinds = {item.kind for item in items(data)}
    named = {
        "gain map": b"tmap" in kinds or any(mark in meta for mark in _GAIN_MARKS),
        "depth map": any(mark in meta for mark in _DEPTH_MARKS),
        "mattes": _MATTE in meta.replace(_GAIN_MARKS[0], b""),
        "preview": b"thmb" in meta,
        "embedded video": any(kind == b"moov" for kind, _, _ in boxes(data))
        and b"pict" not in data[:4096].partition(b"moov")[2],
        "content credentials": any(
            kind == b"uuid"
            and data[start : start + 16] == bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
            for kind, start, _ in boxes(data)
        ),
    }
    return tuple(name for name, there in named.items() if there)


def _items(data: bytes) -> list[Item]:
    found = [(start, end) for kind, start, end in boxes(data) if kind == b"meta"]
    if not found:
        return []
    start, end = found[0]
    inside = {kind: (first, last) for kind, first, last in boxes(data, start + _FULL, end)}
    if b"iinf" not in inside or b"iloc" not in inside:
        return []
    kinds = dict(_kinds(data, *inside[b"iinf"]))
    stored = inside.get(b"idat", (0, 0))
    return [
        Item(kind=kinds[number], pieces=pieces)
        for number, pieces in _places(data, inside[b"iloc"][0], stored[0])
        if number in kinds
    ]


def _kinds(data: bytes, start: int, end: int) -> Iterator[tuple[int, bytes]]:
    count = 2 if data[start] == 0 else 4
    for kind, at, _ in boxes(data, start + _FULL + count, end):
        if kind == b"infe" and data[at] >= 2:  # noqa: PLR2004 - earlier versions have no kinds
            width = 2 if data[at] == 2 else 4  # noqa: PLR2004 - version
            number = int.from_bytes(data[at + 4 : at + 4 + width])
            yield number, data[at + 6 + width : at + 10 + width]


class _Numbers:
    """Numbers of any width, one behind the other."""

    def __init__(self, data: bytes, at: int) -> None:
        self._data, self._at = data, at

    def take(self, width: int) -> int:
        start, self._at = self._at, self._at + width
        if self._at > len(self._data):
            raise IndexError
        return int.from_bytes(self._data[start : self._at])


def _places(
    data: bytes, start: int, stored: int
) -> Iterator[tuple[int, tuple[tuple[int, int | None], ...]]]:
    """Yield the number of each item, and where its pieces begin and end, None at the file's."""
    version = data[start]
    numbers = _Numbers(data, start + _FULL)
    widths = numbers.take(2)
    offset, length, base, index = (widths >> shift & 15 for shift in (12, 8, 4, 0))
    wide = 4 if version == 2 else 2  # noqa: PLR2004 - version
    left = _MOST_PIECES
    for _ in range(numbers.take(wide)):
        number = numbers.take(wide)
        method = numbers.take(2) & 15 if version else 0
        numbers.take(2)
        first = numbers.take(base) + (stored if method == 1 else 0)
        pieces = list[tuple[int, int | None]]()
        count = numbers.take(2)
        left -= count
        if left < 0:
            raise IndexError
        for _ in range(count):
            if version:
                numbers.take(index)
            at = first + numbers.take(offset)
            size = numbers.take(length)
            pieces.append((at, at + size if size else None))
        yield number, tuple(pieces)
