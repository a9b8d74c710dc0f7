"""Whether a WebP file (RFC 9649) holds all the data of its pixels.

libwebp refuses pictures whose coded data end early, so this is about the chunks around them.
"""

from __future__ import annotations

from collections.abc import Iterator

from srcli.images.inspection.flaws import CUT_SHORT, Inspected, wrapped_badly

_FIRST_CHUNK = 12
_CHUNK_HEAD = 8
FRAME = b"ANMF"
_STILL = {b"VP8 ", b"VP8L"}


def inspect_webp(data: bytes) -> Inspected:
    """Look through a file; where only what follows the picture is cut, that is left out."""
    said = int.from_bytes(data[4:8], "little") + 8
    if said <= len(data):
        return Inspected(content=data)
    whole = [(kind, start, end) for kind, start, end in walk(data) if end <= len(data)]
    if not any(kind in _STILL for kind, _, _ in whole):
        return Inspected(content=data, flaws=(CUT_SHORT,))
    end = whole[-1][2]
    content = b"".join([data[:4], (end - 8).to_bytes(4, "little"), data[8:end]])
    return Inspected(content=content, flaws=(wrapped_badly("is cut short after its picture"),))


def walk(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Yield the kind of each chunk, where its body starts, and where it ends, filled to pairs."""
    at = _FIRST_CHUNK
    while at + _CHUNK_HEAD <= len(data):
        kind, size = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        start = at + _CHUNK_HEAD
        at = start + size + size % 2
        yield kind, start, at
