"""The segments of a JPEG file beside its pixels (ITU-T T.81, annex B)."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from srcli.images.metadata import photoshop

EXTENDED_XMP = b"http://ns.adobe.com/xmp/extension/\0"
XMP = b"http://ns.adobe.com/xap/1.0/\0"
LARGEST_XMP = 65_502
"""Bytes of a packet that fit into one segment."""

SCAN, END = 0xDA, 0xD9
_APP1, _APP2, _APP13, _COMMENT = 0xE1, 0xE2, 0xED, 0xFE
_APPS = range(0xE0, 0xF0)
_ALONE = (0x01, 0xD8)
_LARGEST = 65_533
_GUID_BYTES = 32
_EXTENDED_HEAD = len(EXTENDED_XMP) + _GUID_BYTES + 8
NEXT_MARKER = re.compile(rb"\xff+[^\x00\xd0-\xd7\xff]")
"""In the data of a scan, bytes 0xFF are followed by zero or count restarts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One segment.

    Attributes:
        marker: its second byte.
        body: the content without the length.
        scanned: data that follow a scan.
        end: where it ends in the file.

    """

    marker: int
    body: bytes
    scanned: bytes = b""
    end: int = field(default=0, compare=False)

    @property
    def content(self) -> bytes:
        """Bytes of the file."""
        head = struct.pack(">BBH", 0xFF, self.marker, 2 + len(self.body))
        return b"".join([head, self.body, self.scanned])


def walk(data: bytes) -> Iterator[Segment]:
    """Yield the segments of the first picture and its end mark, or up to where the file is cut."""
    at = 2
    while found := NEXT_MARKER.search(data, at):
        marker, start = found[0][-1], found.end()
        if marker == END:
            yield Segment(marker=marker, body=b"", end=start)
            return
        if marker in _ALONE:
            at = start
            continue
        size = int.from_bytes(data[start : start + 2])
        at = start + size
        if size < 2 or at > len(data):  # noqa: PLR2004 - bytes of the size itself
            return
        scanned = b""
        if marker == SCAN:
            end = NEXT_MARKER.search(data, at)
            scanned = data[at : end.start() if end else len(data)]
            at += len(scanned)
            scanned = scanned if end else scanned.removesuffix(b"\xff")
        yield Segment(marker=marker, body=data[start + 2 : start + size], scanned=scanned, end=at)


def read_segments(data: bytes) -> tuple[list[Segment], bytes]:
    """Return the segments up to the end mark of the first picture, and what follows it.

    A file that ends early has the segments that are there and nothing behind them.
    """
    segments = list(walk(data))
    if segments and segments[-1].marker == END:
        return segments[:-1], data[segments[-1].end :]
    return segments, b""


def image_resources(segments: Iterable[Segment]) -> bytes:
    """Return Photoshop's resources, which may take several segments."""
    return b"".join(
        one.body.removeprefix(photoshop.PREFIX)
        for one in segments
        if one.marker == _APP13 and one.body.startswith(photoshop.PREFIX)
    )


def comments(segments: Iterable[Segment]) -> bytes:
    """Return the comments, a line each."""
    return b"\n".join(one.body for one in segments if one.marker == _COMMENT)


def extended_xmp(segments: Iterable[Segment], guid: bytes) -> bytes | None:
    """Return the extended XMP packet of a name; None if a part of it is missing."""
    parts, size = dict[int, bytes](), 0
    for one in segments:
        if one.marker == _APP1 and one.body.startswith(EXTENDED_XMP + guid):
            size, offset = struct.unpack_from(">II", one.body, _EXTENDED_HEAD - 8)
            parts[offset] = one.body[_EXTENDED_HEAD:]
    packet = b"".join(parts[offset] for offset in sorted(parts))
    return packet if packet and len(packet) == size else None


def others(segments: Iterable[Segment]) -> Iterator[Segment]:
    """Yield the segments of applications that no function here reads."""
    read = (b"Exif\0", XMP, EXTENDED_XMP, photoshop.PREFIX, b"ICC_PROFILE\0")
    structure = (b"JFIF\0", b"Adobe", b"Ducky")
    for one in segments:
        if one.marker in _APPS and not one.body.startswith(read + structure):
            yield one


def with_segments(data: bytes, added: Iterable[Segment]) -> bytes:
    """Return the file with segments put in after those of applications that it has."""
    at = 2
    while data[at + 1] in _APPS:
        at += 2 + int.from_bytes(data[at + 2 : at + 4])
    return b"".join([data[:at], *(one.content for one in added), data[at:]])


def resource_segments(blocks: bytes) -> Iterator[Segment]:
    """Split Photoshop's resources into segments."""
    room = _LARGEST - len(photoshop.PREFIX)
    for at in range(0, len(blocks), room):
        yield Segment(marker=_APP13, body=photoshop.PREFIX + blocks[at : at + room])


def comment_segments(comment: bytes) -> Iterator[Segment]:
    """Split a comment into segments."""
    for at in range(0, len(comment), _LARGEST):
        yield Segment(marker=_COMMENT, body=comment[at : at + _LARGEST])


def extended_segments(packet: bytes, guid: bytes) -> Iterator[Segment]:
    """Split an extended XMP packet into segments."""
    room = _LARGEST - _EXTENDED_HEAD
    for at in range(0, len(packet), room):
        numbers = struct.pack(">II", len(packet), at)
        body = EXTENDED_XMP + guid + numbers + packet[at : at + room]
        yield Segment(marker=_APP1, body=body)
