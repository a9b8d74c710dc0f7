"""What camera raw files say beside the data of their sensor.

Most are TIFF files (TIFF/EP, ISO 12234-2), some with a signature of their own; CR3 is made of
boxes, and RAF holds a JPEG picture that has it all.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from PIL import Image

from srcli.images.metadata import bmff, companions, exif, ifd, reading, tiff_tags
from srcli.images.metadata.ifd import Directory, Tree
from srcli.images.metadata.reading import Blocks

_OWN_MARKS = {b"IIRO": "<", b"IIRS": "<", b"MMOR": ">", b"IIU\0": "<"}
"""How TIFF files of Olympus and Panasonic begin, with their byte orders."""
_RAF = b"FUJIFILMCCD-RAW"
_RAF_PREVIEW = 84
"""Where a RAF file says where its JPEG picture is, and how long."""
_BOXES = b"ftypcrx "
_CANON = bytes.fromhex("85c0b687820f11e08111f4ce462b6a48")
_XMP = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_UUID_BYTES = 16
_PHOTOMETRIC, _SUB_DIRECTORIES, _PRIVATE = 262, 330, 50740
_PARTS = ((273, 279), (324, 325))
"""Tags of where strips and tiles are, and of how many bytes."""
_SENSOR = {32803, 34892}
"""Codes of a colour filter array, and of linear sensor data."""
_MOST = 16
"""The largest number of directories that are read."""


def holds_sensor_data(data: bytes) -> bool:
    """Tell whether a TIFF file is a camera's raw file, as DNG, NEF, ARW and PEF files are."""
    try:
        return any(_is_sensor(data, one) for one in _directories(data))
    except struct.error:
        return False


def read_blocks(data: bytes) -> Blocks:
    """Find the blocks of a raw file; of one that has no readable EXIF, it is named."""
    found: Blocks | None = None
    try:
        if data.startswith(_RAF):
            found = _from_raf(data)
        elif data[4:].startswith(_BOXES):
            found = _from_boxes(data)
        else:
            found = _from_tiff(data)
    except (struct.error, OSError, ValueError, SyntaxError):
        pass
    return found or Blocks(left=("EXIF",), turned=exif.UPRIGHT)


def sensor_data_end(data: bytes) -> int:
    """Return where the data of the sensor end, as far as TIFF's tags say it; else 0."""
    data = as_tiff(data)
    order = ifd.byte_order(data)
    try:
        if not data.startswith(ifd.MAIN_MARKS):
            return 0
        found = [one.entries for one in _directories(data) if _is_sensor(data, one)]
    except struct.error:
        return 0
    ends = [0]
    for entries in found:
        for starts, sizes in _PARTS:
            if starts in entries and sizes in entries:
                both = (entries[tag].integers(order) for tag in (starts, sizes))
                ends += map(sum, zip(*both, strict=False))
    return max(ends)


def as_tiff(data: bytes) -> bytes:
    """Return a file that begins as TIFF files do, where that alone keeps it from being one."""
    order = _OWN_MARKS.get(data[:4])
    return ifd.MAIN_MARKS[order == ">"] + data[4:] if order else data


def _from_tiff(data: bytes) -> Blocks | None:
    data = as_tiff(data)
    if not data.startswith(ifd.MAIN_MARKS):
        return None
    told, main = tiff_tags.read(data)
    left = [companions.PREVIEW] * any(
        not _is_sensor(data, one) for one in islice(_directories(data), 1, None)
    )
    left += [companions.PREVIEW] * (not _is_sensor(data, main))
    left += ["private data of the maker"] * (_PRIVATE in main.entries)
    return Blocks(
        exif=told.exif,
        xmp=told.xmp,
        resources=told.resources,
        left=tuple(dict.fromkeys(left)),
        turned=exif.orientation(data),
    )


def _from_raf(data: bytes) -> Blocks:
    start, size = struct.unpack_from(">II", data, _RAF_PREVIEW)
    preview = data[start : start + size]
    with Image.open(io.BytesIO(preview), formats=("JPEG",)) as image:
        found = reading.read_blocks(image, preview)
    return replace(found, left=(*found.left, companions.PREVIEW))


def _from_boxes(data: bytes) -> Blocks:
    parts, packet = dict[bytes, bytes](), None
    for kind, start, end in bmff.boxes(data):
        if kind == b"moov":
            parts = dict(_canon_parts(data, start, end))
        elif kind == b"uuid" and data[start:].startswith(_XMP):
            packet = data[start + _UUID_BYTES : end].rstrip(b"\0") or None
    main = parts.get(b"CMT1", b"")
    told, _ = tiff_tags.read(main)
    tree = Tree(
        entries=tuple(tiff_tags.described(told.exif)) if told.exif else (),
        inner={
            tag: Tree(entries=tuple(ifd.read(part, ifd.first(part)).entries.values()))
            for tag, part in ((ifd.EXIF, parts.get(b"CMT2")), (ifd.GPS, parts.get(b"CMT4")))
            if part
        },
    )
    return Blocks(
        exif=ifd.pack(tree, ifd.byte_order(main)),
        xmp=packet,
        left=(companions.PREVIEW, *(["maker's notes"] * (b"CMT3" in parts))),
        turned=exif.orientation(main),
    )


def _canon_parts(data: bytes, start: int, end: int) -> Iterator[tuple[bytes, bytes]]:
    """Yield name and content of the TIFF files in the box that Canon has for itself."""
    for kind, first, last in bmff.boxes(data, start, end):
        if kind == b"uuid" and data[first:].startswith(_CANON):
            for name, at, stop in bmff.boxes(data, first + _UUID_BYTES, last):
                yield name, data[at:stop]


def _directories(data: bytes) -> Iterator[Directory]:
    """Yield the first directory, and those that it has inside it.

    Raises:
        struct.error: one does not lie within the file.

    """
    order, main = ifd.byte_order(data), ifd.read(data, ifd.first(data))
    yield main
    inner = main.entries.get(_SUB_DIRECTORIES)
    for start in islice(inner.integers(order) if inner else (), _MOST):
        yield ifd.read(data, start)


def _is_sensor(data: bytes, directory: Directory) -> bool:
    return directory.pointer(_PHOTOMETRIC, ifd.byte_order(data)) in _SENSOR
