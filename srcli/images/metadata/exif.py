"""The few EXIF tags that tell of the pixels, read and rewritten in place.

An EXIF block is a small TIFF file. Changing values where they stand keeps every other byte,
makers' notes included, which writing the block anew does not.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping

from srcli.images.metadata import ifd, thumbnail
from srcli.images.metadata.ifd import Directory, Entry

PREFIX = b"Exif\0\0"
"""What JPEG, and some writers of other formats, put before the block."""

UPRIGHT = 1
ORIENTATIONS = range(UPRIGHT, 9)
"""Values of tag 274 that make sense (TIFF 6.0)."""

_WIDTH = 0x0100
_HEIGHT = 0x0101
_ORIENTATION = 0x0112
_EXIF_WIDTH = 0xA002
_EXIF_HEIGHT = 0xA003
_RELATED_WIDTH = 0x1001
_RELATED_HEIGHT = 0x1002
_SUBJECT_AREA = 0x9214
_SUBJECT_PLACE = 0xA214
_PREVIEW_AT = 0x0201
_PREVIEW_BYTES = 0x0202
_LONGEST = 65_000
"""Bytes of a block that still fits into the segment of a JPEG file."""
_LETTERS = {ifd.SHORT: "H", ifd.LONG: "I"}
_SHORT_PEAK = 0xFFFF
_XMP_ORIENTATION = re.compile(rb"""(tiff:Orientation(?:\s*=\s*["']|>)\s*)([1-8])""")


def orientation(block: bytes) -> int:
    """Orientation 1 to 8 (TIFF 6.0, tag 274); 1 where there is none or it makes no sense."""
    stored = _number(_directories(block), _ORIENTATION, byte_order(block))
    return stored if stored in ORIENTATIONS else UPRIGHT


def tells_orientation(block: bytes) -> bool:
    """Tell whether the block has the tag at all."""
    return any(_ORIENTATION in directory.entries for directory in _directories(block)[:1])


def make_upright(block: bytes, turned: int | None = None) -> bytes:
    """The block saying that the picture is upright, its thumbnail turned with it.

    A thumbnail that cannot be turned is cut off, and so is where the subject was.

    Args:
        block: from its TIFF header on.
        turned: the orientation that was applied to the picture; None for the block's own.

    """
    turned = orientation(block) if turned is None else turned
    if turned == UPRIGHT:
        return block
    changed = bytearray(_with_values(block, {_ORIENTATION: UPRIGHT}))
    main = _directories(block)[:1]
    if not main:
        return block
    start = main[0].pointer(ifd.EXIF, byte_order(block))
    if start:
        try:
            ifd.drop(changed, start, {_SUBJECT_AREA, _SUBJECT_PLACE})
        except struct.error:
            return block
    return _with_turned_preview(changed, main[0], turned)


def without_orientation(block: bytes) -> bytes:
    """The block without the tag; encoders that read it would write the whole block anew."""
    changed = bytearray(block)
    if tells_orientation(block):
        ifd.drop(changed, ifd.first(block), {_ORIENTATION})
    return bytes(changed)


def has_preview(block: bytes) -> bool:
    """Tell whether the block holds a thumbnail."""
    main = _directories(block)[:1]
    return bool(main and main[0].following and main[0].following < len(block))


def with_size(
    block: bytes, *, height: int, width: int, before: tuple[int, int] | None = None
) -> bytes:
    """The block with the size tags that it has, if any, set to a new size.

    Args:
        block: from its TIFF header on.
        height: rows of the picture.
        width: columns of the picture.
        before: height and width of the picture that it tells of; None leaves alone where the
            subject was.

    """
    sizes = dict.fromkeys((_WIDTH, _EXIF_WIDTH, _RELATED_WIDTH), width)
    sizes |= dict.fromkeys((_HEIGHT, _EXIF_HEIGHT, _RELATED_HEIGHT), height)
    sized = _with_values(block, sizes)
    return _with_subject(sized, height / before[0], width / before[1]) if before else sized


def upright_xmp(packet: bytes) -> bytes:
    """The XMP packet saying that the picture is upright."""
    return _XMP_ORIENTATION.sub(rb"\g<1>1", packet)


def xmp_orientation(packet: bytes) -> int:
    """Orientation 1 to 8 that an XMP packet tells; 1 where it tells none."""
    found = _XMP_ORIENTATION.search(packet)
    return int(found[2]) if found else UPRIGHT


def byte_order(block: bytes | bytearray) -> str:
    """The prefix of ``struct`` formats for a block's numbers."""
    return ifd.byte_order(block)


def _with_turned_preview(block: bytearray, main: Directory, turned: int) -> bytes:
    order = byte_order(block)
    struct.pack_into(order + "I", block, main.end, 0)
    try:
        inside = ifd.read(bytes(block), main.following) if main.following else None
    except struct.error:
        return bytes(block)
    if inside is None:
        return bytes(block)
    at, size = inside.pointer(_PREVIEW_AT, order), inside.pointer(_PREVIEW_BYTES, order)
    picture = thumbnail.turned(bytes(block[at : at + size]), turned)
    if not at or picture is None or len(block) + len(picture) > _LONGEST:
        return bytes(block)
    block[at : at + size] = bytes(len(block[at : at + size]))
    if len(picture) > size:
        at = len(block) + len(block) % 2
    block[len(block) :] = bytes(max(0, at + len(picture) - len(block)))
    block[at : at + len(picture)] = picture
    struct.pack_into(order + "I", block, main.end, main.following)
    for tag, value in ((_PREVIEW_AT, at), (_PREVIEW_BYTES, len(picture))):
        _set(block, inside.entries[tag], value, order)
    ifd.drop(block, main.following, {_WIDTH, _HEIGHT, _ORIENTATION})
    return bytes(block)


def _with_subject(block: bytes, down: float, across: float) -> bytes:
    """The block with the place of the subject in pixels of the new size."""
    changed, order = bytearray(block), byte_order(block)
    for directory in _directories(block):
        for tag in (_SUBJECT_AREA, _SUBJECT_PLACE):
            entry = directory.entries.get(tag)
            if entry is None or entry.kind != ifd.SHORT:
                continue
            ratios = (across, down, across, down) if entry.count != 3 else (across, down, across)  # noqa: PLR2004 - the third is a diameter
            values = zip(entry.integers(order), ratios, strict=False)
            sized = [min(round(value * ratio), _SHORT_PEAK) for value, ratio in values]
            struct.pack_into(f"{order}{len(sized)}H", changed, entry.value_at, *sized)
    return bytes(changed)


def _with_values(block: bytes, values: Mapping[int, int]) -> bytes:
    changed, order = bytearray(block), byte_order(block)
    for directory in _directories(block):
        for tag, value in values.items():
            entry = directory.entries.get(tag)
            if entry is not None and entry.kind in _LETTERS and entry.count == 1:
                _set(changed, entry, value, order)
    return bytes(changed)


def _set(block: bytearray, entry: Entry, value: int, order: str) -> None:
    """Put one number into an entry; a LONG fits where a SHORT stands."""
    kind = ifd.LONG if value > _SHORT_PEAK else entry.kind
    struct.pack_into(order + "H", block, entry.at + 2, kind)
    struct.pack_into(order + _LETTERS[kind], block, entry.at + 8, value)


def _number(directories: list[Directory], tag: int, order: str) -> int:
    for directory in directories[:1]:
        if tag in directory.entries:
            values = directory.entries[tag].integers(order)
            return values[0] if values else 0
    return 0


def _directories(block: bytes) -> list[Directory]:
    """The first directory, the EXIF directory and the one of interoperability in it."""
    order = byte_order(block)
    found = list[Directory]()
    if not block.startswith(ifd.MAIN_MARKS):
        return found
    try:
        start = ifd.first(block)
        for tag in (ifd.EXIF, ifd.INTEROPERABILITY, 0):
            found.append(ifd.read(block, start))
            start = found[-1].pointer(tag, order)
            if not start:
                break
    except struct.error:
        return found[:1]
    return found
