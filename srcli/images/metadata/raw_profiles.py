"""Metadata in texts of PNG, as ImageMagick and ExifTool write it: "Raw profile type iptc".

A text holds a name, a length and hexadecimal digits. EXIF and XMP have places of their own in
PNG; Photoshop's resources, and IPTC in them, have no other.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass

from srcli.images.metadata import photoshop
from srcli.images.metadata.ifd import MAIN_MARKS
from srcli.images.metadata.jpeg_segments import XMP

KEYWORD = b"Raw profile type "
_EXIF_PREFIX = b"Exif\0\0"
_LARGEST = 1 << 26
"""Bytes that a text may inflate to."""
_LINE = 72
_TYPES = frozenset({b"exif", b"app1", b"xmp", b"iptc", b"8bim"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Profiles:
    """What the raw profiles of a file hold."""

    exif: bytes | None = None
    xmp: bytes | None = None
    resources: bytes = b""


def is_known(body: bytes) -> bool:
    """Whether a text chunk holds a profile that is read here."""
    keyword = body.partition(b"\0")[0]
    return keyword.startswith(KEYWORD) and keyword[len(KEYWORD) :].lower() in _TYPES


def read(chunks: Mapping[bytes, tuple[bytes, bytes]]) -> Profiles:
    """Decode the raw profiles among text chunks, given as kind and body by keyword."""
    exif, xmp, resources = None, None, b""
    for kind, body in chunks.values():
        content = _decoded(_text(kind, body)) if is_known(body) else b""
        bare = content.removeprefix(_EXIF_PREFIX)
        if bare.startswith(MAIN_MARKS):
            exif = exif or bare
        elif content.startswith(XMP) or content.lstrip()[:1] == b"<":
            xmp = xmp or content.removeprefix(XMP)
        elif content:
            resources = resources or _as_resources(content)
    return Profiles(exif=exif, xmp=xmp, resources=resources)


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


def _text(kind: bytes, body: bytes) -> bytes:
    """Return the text of a chunk; empty where it cannot be read."""
    rest = body.partition(b"\0")[2]
    if kind == b"tEXt":
        return rest
    if kind == b"iTXt":
        compressed, rest = rest[:1] == b"\1", rest[2:].split(b"\0", 2)[-1]
        return _inflated(rest) if compressed else rest
    return _inflated(rest[1:])


def _inflated(data: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(data, _LARGEST)
    except zlib.error:
        return b""


def _decoded(text: bytes) -> bytes:
    parts = text.strip().split(maxsplit=2)
    if len(parts) < 3:  # noqa: PLR2004 - name, length, digits
        return b""
    try:
        return bytes.fromhex(parts[2].decode("ascii"))
    except ValueError:
        return b""
