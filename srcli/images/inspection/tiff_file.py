"""Tell whether a TIFF file (6.0, Adobe 1992) holds all the data of its first picture."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

from PIL import ExifTags, Image

from srcli.images.codecs import tiff
from srcli.images.decode_errors import UnsupportedImage, check_size
from srcli.images.inspection.flaws import CUT_SHORT, Flaw, Inspected, check_worth, damaged
from srcli.images.inspection.jpeg_file import inspect_jpeg
from srcli.images.read_rules import ReadRules

Tag = ExifTags.Base
_PLAIN, _JPEG = 1, 7
_DEFLATE = {8, 32946}
_YCBCR = 6
_LARGEST_TILE = 4096**2
"""Pixels of a tile, however small its picture is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """A strip or a tile: where it is in the file, and the bytes that it unpacks to."""

    start: int
    size: int
    unpacked: int


def inspect_tiff(data: bytes, rules: ReadRules) -> Inspected:
    """Look through the strips or tiles of a file's first page, with which the content begins.

    Raises:
        UnsupportedImage: it has more pixels than the limit, or its tiles far more than it.
        ValueError: its directory cannot be read; so do other errors.

    """
    data = tiff.first_page(data)
    tags = tiff.read_directory(data)
    layout = tiff.read_layout(tags)
    check_size(layout.height, layout.width, pixel_limit=rules.pixel_limit)
    _check_parts(layout)
    packing = tags.get(Tag.Compression, _PLAIN)
    expected, unpacked = _expected(layout)
    parts = _parts(tags, unpacked)
    if len(parts) < expected:
        check_worth(data, layout.height * layout.width)
        flaw = damaged("it lacks some of its strips or tiles")
        return Inspected(content=data, flaws=(flaw,))
    end = max(
        (part.start + (part.unpacked if packing == _PLAIN else part.size) for part in parts),
        default=0,
    )
    if end > len(data):
        check_worth(data, layout.height * layout.width)
        filling = end - len(data) <= expected * unpacked
        filled = data + bytes(end - len(data)) if filling and rules.allow_damaged else data
        return Inspected(content=filled, flaws=(CUT_SHORT,))
    flaw_found = _first_flaw(data, tags, parts, packing, rules)
    if flaw_found:
        check_worth(data, layout.height * layout.width)
    return Inspected(content=data, flaws=(flaw_found,) if flaw_found else ())


def _check_parts(layout: tiff.Layout) -> None:
    """Refuse tiles that would take much memory for a small picture."""
    height, width = layout.part
    if height * width > max(layout.height * layout.width, _LARGEST_TILE):
        message = "is damaged: its tiles are far larger than its picture"
        raise UnsupportedImage(message)


def _expected(layout: tiff.Layout) -> tuple[int, int]:
    """Return how many parts a picture has, and the bytes that the largest unpacks to."""
    planes, together = (layout.channels, 1) if layout.apart else (1, layout.channels)
    height, width = layout.part
    bits = layout.bits * together
    return layout.parts * planes, height * (-(-width * bits // 8))


def _parts(tags: Image.Exif, unpacked: int) -> list[_Part]:
    tiled = tiff.TILE_OFFSETS in tags
    starts = tiff.numbers(tags.get(tiff.TILE_OFFSETS if tiled else Tag.StripOffsets))
    sizes = tiff.numbers(tags.get(tiff.TILE_COUNTS if tiled else Tag.StripByteCounts))
    unpacked = 0 if tags.get(Tag.PhotometricInterpretation) == _YCBCR else unpacked
    height, rows = int(tags[Tag.ImageLength]), int(tags.get(Tag.RowsPerStrip, 0))
    last = height % rows if rows and not tiled else 0
    parts = []
    for number, start in enumerate(starts):
        size = sizes[number] if number < len(sizes) else 0
        short = last and (number + 1) % -(-height // rows) == 0
        full = unpacked * last // min(rows, height) if short else unpacked
        parts.append(_Part(start=start, size=size, unpacked=full))
    return parts


def _first_flaw(
    data: bytes, tags: Image.Exif, parts: list[_Part], packing: int, rules: ReadRules
) -> Flaw | None:
    tables = tags.get(tiff.JPEG_TABLES, b"")
    for part in parts:
        packed = data[part.start : part.start + part.size]
        if packing in _DEFLATE and not _unpacks(packed, part.unpacked):
            return damaged("a strip or tile of it lacks data")
        if packing == _JPEG:
            whole = tables[:-2] + packed[2:] if tables else packed
            flaws = inspect_jpeg(whole, rules).flaws
            if flaws:
                return flaws[0]
    return None


def _unpacks(packed: bytes, size: int) -> bool:
    try:
        return len(zlib.decompressobj().decompress(packed, max(1, size))) >= size
    except zlib.error:
        return False
