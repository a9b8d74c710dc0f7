"""What a file holds beside its picture and its metadata, by the names that warnings use."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from srcli.images.codecs import webp
from srcli.images.metadata.jpeg_segments import Segment, others

GAIN_MAP, DEPTH_MAP, VIDEO = "gain map", "depth map", "embedded video"
PREVIEW, CREDENTIALS, TRAILER = "preview", "content credentials", "data behind the picture"
MORE_PICTURES = "further pictures"

_GAIN_MARKS = (b"hdr-gain-map", b"HDRGainMap", b"urn:iso:std:iso:ts:21496")
_DEPTH_MARKS = (b"photos/1.0/depthmap/", b"photos/dd/1.0/depthmap", b"Disparity")
_VIDEO_MARK = re.compile(rb"ftyp(?:mp4|isom|iso\d|qt  |MSNV|avc|3gp)|MotionPhoto_Data")
_JPEG = b"\xff\xd8\xff"
_JUMBF = 0xEB
_MPF = b"MPF\0"
_PNG_CREDENTIALS = b"caBX"
_WEBP_CREDENTIALS = b"C2PA"
_PRINTABLE = re.compile(rb"[A-Za-z][\w .-]{1,15}")
_PNG_STRUCTURE = frozenset(
    b"IHDR PLTE IDAT IEND tRNS cHRM gAMA iCCP sBIT sRGB cICP mDCV cLLI tEXt zTXt iTXt bKGD hIST "
    b"pHYs sPLT eXIf tIME acTL fcTL fdAT iDOT".split()
)
_WEBP_STRUCTURE = frozenset(b"VP8X,VP8 ,VP8L,ALPH,ANIM,ANMF,ICCP,EXIF,XMP ".split(b","))
_BMP_PROFILES = (b"DEBM", b"KNIL")
"""Codes of an embedded and of a linked profile, in the header that Windows calls V5."""


def of_jpeg(segments: Iterable[Segment], tail: bytes, xmp: bytes) -> Iterator[str]:
    """Name what is in the segments of applications and behind the end mark of a JPEG file."""
    unread = list(others(segments))
    bodies = b"".join(one.body for one in unread)
    yield from _behind(tail, bodies, depth=b"GDepth:" in xmp or b"depthmap/" in xmp)
    for one in unread:
        if one.marker == _JUMBF:
            yield CREDENTIALS
        elif one.body.startswith(b"JFXX\0"):
            yield PREVIEW
        elif not one.body.startswith((_MPF, *_GAIN_MARKS)):
            yield f"APP{one.marker & 15} segment{_label(one.body)}"


def _behind(tail: bytes, bodies: bytes, *, depth: bool) -> Iterator[str]:
    """Name what lies behind the end mark, as it or the segments before the picture tell."""
    named = {
        GAIN_MAP: any(mark in tail or mark in bodies for mark in _GAIN_MARKS),
        DEPTH_MAP: any(mark in tail for mark in _DEPTH_MARKS) or (depth and _JPEG in tail),
        VIDEO: bool(_VIDEO_MARK.search(tail)),
    }
    found = [name for name, there in named.items() if there]
    if not found and tail.startswith(_JPEG):
        found = [PREVIEW if _MPF in bodies else MORE_PICTURES]
    elif not found and tail.strip(b"\0\r\n"):
        found = [TRAILER]
    yield from found


def of_png(kinds: Iterable[bytes], *, behind: bool) -> Iterator[str]:
    """Name the chunks of a PNG file that are not carried."""
    for kind in kinds:
        if kind == _PNG_CREDENTIALS:
            yield CREDENTIALS
        elif kind not in _PNG_STRUCTURE:
            yield f"{kind.decode('latin-1')} chunk"
    if behind:
        yield TRAILER


def of_webp(data: bytes) -> Iterator[str]:
    """Name the chunks of a WebP file that are not carried."""
    for kind, _, _ in webp.walk(data):
        if kind == _WEBP_CREDENTIALS:
            yield CREDENTIALS
        elif kind not in _WEBP_STRUCTURE:
            yield f"{kind.decode('latin-1').strip()} chunk"


def of_bmp(data: bytes) -> Iterator[str]:
    """Name the profile that a BMP file may hold."""
    if data[14:15] == b"\x7c" and data[70:74] in _BMP_PROFILES:
        yield "colour profile"


def _label(body: bytes) -> str:
    found = _PRINTABLE.match(body)
    return f" {found[0].decode()}" if found else ""
