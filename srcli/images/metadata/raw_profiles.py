"""Metadata in texts of PNG, as ImageMagick and ExifTool write it: "Raw profile type iptc".

A text holds a name, a length and hexadecimal digits. EXIF and XMP have places of their own in
PNG; Photoshop's resources, and IPTC in them, have no other.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from dataclasses import dataclass

from srcli.images.metadata import photoshop
from srcli.images.metadata.ifd import MAIN_MARKS
from srcli.images.metadata.jpeg_segments import XMP

KEYWORD = b"Raw profile type "
_EXIF_PREFIX = b"Exif\0\0"
_LARGEST = 1 << 24
"""Bytes that all texts of a file may inflate to; a text beyond it is none that is read."""
_LINE = 72
_TYPES = frozenset({b"exif", b"app1", b"xmp", b"iptc", b"8bim"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Profiles:
    """What the raw profiles of a file hold, and whether there are some that cannot be read."""

    exif: bytes | None = None
    xmp: bytes | None = None
    resources: bytes = b""
    unread: bool = False


def is_known(body: bytes) -> bool:
    """Tell whether a text chunk holds a profile that is read here."""
    keyword = body.partition(b"\0")[0]
    return keyword.startswith(KEYWORD) and keyword[len(KEYWORD) :].lower() in _TYPES


def read(chunks: Iterable[tuple[bytes, bytes]]) -> Profiles:
    """Decode the raw profiles among text chunks, given as kind and body."""
    exif, xmp, resources, unread, room = None, None, b"", False, _LARGEST
    for kind, body in filter(lambda chunk: is_known(chunk[1]), chunks):
        text = read_text(kind, body, room)
        room -= len(text)
        content = _decoded(text)
        bare = content.removeprefix(_EXIF_PREFIX)
        if bare.startswith(MAIN_MARKS):
            exif = exif or bare
        elif content.startswith(XMP) or content.lstrip()[:1] == b"<":
            xmp = xmp or content.removeprefix(XMP)
        else:
            found = _as_resources(content)
            resources, unread = resources or found, unread or not found
    return Profiles(exif=exif, xmp=xmp, resources=resources, unread=unread)


def resources_text(resources: bytes) -> bytes:
    """Return the body of a zTXt chunk that holds Photoshop's resources."""
    digits = resources.hex()
    lines = "\n".join(digits[at : at + _LINE] for at in range(0, len(digits), _LINE))
    text = f"\niptc\n{len(resources):8}\n{lines}\n"
    return KEYWORD + b"iptc\0\0" + zlib.compress(text.encode())


def _as_resources(content: bytes) -> bytes:
    content = content.removeprefix(photoshop.PREFIX)
    if content.startswith(b"8BIM"):
        return content
    return photoshop.join({photoshop.IPTC: content}) if content[:1] == b"\x1c" else b""


def read_text(kind: bytes, body: bytes, room: int = _LARGEST) -> bytes:
    """Return the text of a chunk; empty if it is damaged, or inflates to more than ``room``."""
    rest = body.partition(b"\0")[2]
    if kind == b"tEXt":
        return rest
    if kind == b"iTXt":
        compressed, rest = rest[:1] == b"\1", rest[2:].split(b"\0", 2)[-1]
        return _inflated(rest, room) if compressed else rest
    return _inflated(rest[1:], room)


def _inflated(data: bytes, room: int) -> bytes:
    inflater = zlib.decompressobj()
    try:
        text = inflater.decompress(data, max(room, 1))
    except zlib.error:
        return b""
    return text if inflater.eof else b""


def _decoded(text: bytes) -> bytes:
    """Return what the digits after a line with a name and a line with a length stand for."""
    _, _, rest = text.lstrip().partition(b"\n")
    length, _, digits = rest.lstrip().partition(b"\n")
    try:
        return bytes.fromhex(digits.decode("ascii"))[: int(length)]
    except ValueError:
        return b""
