"""TIFF directories as bytes: read, changed where they stand, and packed anew.

An EXIF block is a small TIFF file, and both hold tags in directories (TIFF 6.0, section 2). Values
are never decoded here, so that every text, note and number stays as it was written.
"""

from __future__ import annotations

import struct
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

MAIN_MARKS = (b"II*\0", b"MM\0*")
"""How a classic TIFF file, and hence an EXIF block, begins."""
EXIF = 0x8769
GPS = 0x8825
INTEROPERABILITY = 0xA005
BYTE, SHORT, LONG, DOUBLE = 1, 3, 4, 12
ENTRY_BYTES = 12
LARGEST_KIND = 13
"""Code of the last type that classic files have."""

_INLINE_BYTES = 4
_MOST_SHARED = 4
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
_BIG_SIZES = {16: 8, 17: 8, 18: 8}
_RATIONALS = (5, 10)
_INTEGERS = {1: "B", 3: "H", 4: "I", 13: "I", 16: "Q", 18: "Q"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Form:
    """How directories are written: letters of ``struct`` for numbers, and sizes in bytes."""

    entries: str
    number: str
    head: int
    entry: int
    inline: int
    pointer: int


_LONG8 = 16
_CLASSIC = _Form(entries="H", number="I", head=2, entry=ENTRY_BYTES, inline=4, pointer=LONG)
_BIG = _Form(entries="Q", number="Q", head=8, entry=20, inline=8, pointer=_LONG8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One tag.

    Attributes:
        tag: its number.
        kind: TIFF's code of the type of its values.
        count: how many values it has.
        value: their bytes, in the byte order of the file.
        at: where the entry stands in the file.
        value_at: where its values stand in the file.

    """

    tag: int
    kind: int
    count: int
    value: bytes
    at: int = field(default=0, compare=False)
    value_at: int = field(default=0, compare=False)

    def integers(self, order: str) -> tuple[int, ...]:
        """Return the values as integers, none if they are of another kind."""
        letter = _INTEGERS.get(self.kind)
        return struct.unpack(f"{order}{self.count}{letter}", self.value) if letter else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """Tags by number, and where the following directory starts; 0 if none follows."""

    entries: Mapping[int, Entry]
    following: int
    end: int

    def pointer(self, tag: int, order: str) -> int:
        """Return where a directory inside this one starts; 0 if there is none."""
        values = self.entries[tag].integers(order) if tag in self.entries else ()
        return values[0] if len(values) == 1 else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """Tags to be packed, and directories by the tags that point to them."""

    entries: tuple[Entry, ...]
    inner: Mapping[int, Tree] = field(default_factory=dict)


def byte_order(data: bytes | bytearray) -> str:
    """Return the prefix of ``struct`` formats for a file's numbers."""
    return "<" if data.startswith(b"II") else ">"


def is_big(data: bytes) -> bool:
    """Tell whether a file is BigTIFF, with numbers of 64 bits."""
    return data[2:4] in {b"+\0", b"\0+"}


def first(data: bytes) -> int:
    """Return where the first directory of a file starts.

    Raises:
        struct.error: the file ends before that.

    """
    return _number(data, *(("Q", 8) if is_big(data) else ("I", 4)))


def read(data: bytes, start: int, *, longest: int | None = None) -> Directory:
    """Read one directory, without the tags whose values lie beyond the end of the file.

    Values that many tags share are read until they add up to several times the file.

    Args:
        data: the file.
        start: where the directory stands.
        longest: bytes of the longest values that are read; None for any.

    Raises:
        struct.error: the directory itself does not lie within the file.

    """
    end, following = _end(data, start)
    entries: dict[int, Entry] = {}
    room = _MOST_SHARED * len(data)
    for head in heads(data, start):
        entry = _entry(data, head, room if longest is None else min(room, longest))
        if entry is not None and entry.tag not in entries:
            entries[entry.tag] = entry
            room -= len(entry.value)
    return Directory(entries=entries, following=following, end=end)


def heads(data: bytes, start: int) -> Iterator[tuple[int, int, int, int]]:
    """Yield where each entry of a directory stands, its tag, its kind and its count.

    Raises:
        struct.error: the directory does not lie within the file.

    """
    order, big = byte_order(data), is_big(data)
    end, _ = _end(data, start)
    step, entry_format = (20, "HHQ") if big else (ENTRY_BYTES, "HHI")
    for at in range(start + (8 if big else 2), end, step):
        yield at, *struct.unpack_from(order + entry_format, data, at)


def chain(data: bytes) -> Iterator[int]:
    """Yield where the directories start that follow each other, each once.

    Raises:
        struct.error: one does not lie within the file.

    """
    start, seen = first(data), set[int]()
    while start and start not in seen:
        seen.add(start)
        yield start
        _, start = _end(data, start)


def _end(data: bytes, start: int) -> tuple[int, int]:
    """Return where the entries of a directory end, and where the following one starts."""
    big = is_big(data)
    count = _number(data, "Q" if big else "H", start)
    end = start + (8 + 20 * count if big else 2 + ENTRY_BYTES * count)
    return end, _number(data, "Q" if big else "I", end)


def _number(data: bytes, kind: str, at: int) -> int:
    """Return the unsigned number at a position, which may be larger than positions can be."""
    if at > len(data):
        message = "a position is beyond the end of the file"
        raise struct.error(message)
    (number,) = struct.unpack_from(byte_order(data) + kind, data, at)
    return int(number)


def _entry(data: bytes, head: tuple[int, int, int, int], longest: int) -> Entry | None:
    """Return an entry; none if its values are longer than ``longest`` or beyond the file."""
    at, tag, kind, count = head
    big = is_big(data)
    size = (_SIZES | _BIG_SIZES if big else _SIZES).get(kind, 0) * count
    place, room = (at + 12, 8) if big else (at + 8, _INLINE_BYTES)
    if size > longest:
        return None
    if size > room:
        (place,) = struct.unpack_from(byte_order(data) + ("Q" if big else "I"), data, place)
    if not size or place + size > len(data):
        return None
    value = bytes(data[place : place + size])
    return Entry(tag=tag, kind=kind, count=count, value=value, at=at, value_at=place)


def drop(block: bytearray, start: int, tags: Container[int]) -> None:
    """Take tags out of a directory of a classic file, and close the gap in it.

    Raises:
        struct.error: the directory does not lie within the file.

    """
    order = byte_order(block)
    (count,) = struct.unpack_from(order + "H", block, start)
    end = start + 2 + count * ENTRY_BYTES
    following = bytes(block[end : end + 4]).ljust(4, b"\0")
    kept = [
        bytes(block[at : at + ENTRY_BYTES])
        for at in range(start + 2, end, ENTRY_BYTES)
        if struct.unpack_from(order + "H", block, at)[0] not in tags
    ]
    struct.pack_into(order + "H", block, start, len(kept))
    body = b"".join([*kept, following]).ljust(end + 4 - start - 2, b"\0")
    block[start + 2 : end + 4] = body


def mark(order: str) -> bytes:
    """Return how a classic file of a byte order begins."""
    return MAIN_MARKS[0] if order == "<" else MAIN_MARKS[1]


def head(start: int, order: str, *, big: bool = False) -> bytes:
    """Return how a file begins whose first directory stands at ``start``."""
    if big:
        return (b"II" if order == "<" else b"MM") + struct.pack(f"{order}HHHQ", 43, 8, 0, start)
    return mark(order) + struct.pack(order + "I", start)


def pack(tree: Tree, order: str) -> bytes:
    """Return a classic TIFF file of tags and nothing else, which is an EXIF block."""
    return head(8, order) + lay_out(tree, 8, order)


def lay_out(tree: Tree, at: int, order: str, *, big: bool = False, in_place: bool = False) -> bytes:
    """Return a directory that stands at an even position, with its values and inner directories.

    Args:
        tree: what it holds.
        at: where it stands.
        order: byte order.
        big: whether the file is BigTIFF.
        in_place: whether long values that have a ``value_at`` stand there already, and stay.

    """
    form = _BIG if big else _CLASSIC
    count = len(tree.entries) + len(tree.inner)
    tail_at = at + form.head + count * form.entry + form.inline
    known = {entry.tag: entry for entry in tree.entries}
    directory, tail = struct.pack(order + form.entries, count), b""
    for tag in sorted({*known, *tree.inner}):
        here = tail_at + len(tail)
        if tag in tree.inner:
            directory += struct.pack(order + "HH" + 2 * form.number, tag, form.pointer, 1, here)
            tail += _even(lay_out(tree.inner[tag], here, order, big=big, in_place=in_place))
            continue
        entry = known[tag]
        directory += struct.pack(order + "HH" + form.number, tag, entry.kind, entry.count)
        if len(entry.value) <= form.inline:
            directory += entry.value.ljust(form.inline, b"\0")
            continue
        stays = in_place and entry.value_at
        directory += struct.pack(order + form.number, entry.value_at if stays else here)
        tail += b"" if stays else _even(entry.value)
    return directory + bytes(form.inline) + tail


def numbers(tag: int, values: Iterable[int], order: str) -> Entry:
    """Return a tag of integers, of 16 bits each if they all fit, else of 32, else of 64."""
    values = tuple(values)
    kind = next((kind for kind in (SHORT, LONG) if max(values) < 1 << 8 * _SIZES[kind]), _LONG8)
    value = struct.pack(f"{order}{len(values)}{_INTEGERS[kind]}", *values)
    return Entry(tag=tag, kind=kind, count=len(values), value=value)


def opaque(tag: int, value: bytes, *, kind: int = 7) -> Entry:
    """Return a tag of bytes."""
    return Entry(tag=tag, kind=kind, count=len(value), value=value)


def reordered(entry: Entry, source: str, target: str) -> Entry:
    """Return a tag with its numbers in another byte order."""
    size = _SIZES.get(entry.kind, 1)
    width = 4 if entry.kind in _RATIONALS else size
    if source == target or width == 1:
        return entry
    value = b"".join(entry.value[at : at + width][::-1] for at in range(0, len(entry.value), width))
    return replace(entry, value=value)


def _even(body: bytes) -> bytes:
    return body + bytes(len(body) % 2)
