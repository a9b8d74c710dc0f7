"""WebP below the level of pixels (RFC 9649)."""

from __future__ import annotations

from collections.abc import Iterator

STILL = (b"VP8 ", b"VP8L")
FRAME = b"ANMF"
_FIRST_CHUNK = 12
_CHUNK_HEAD = 8
_FRAME_HEAD = 16
_LOSSLESS = b"VP8L"


def walk(
    data: bytes, start: int = _FIRST_CHUNK, end: int | None = None
) -> Iterator[tuple[bytes, int, int]]:
    """Yield the kind of each chunk, where its body starts, and where it ends, filled to pairs.

    The last may end beyond the file.
    """
    end = len(data) if end is None else end
    while start + _CHUNK_HEAD <= end:
        kind, size = data[start : start + 4], int.from_bytes(data[start + 4 : start + 8], "little")
        body = start + _CHUNK_HEAD
        start = body + size + size % 2
        yield kind, body, start


def is_lossless(data: bytes) -> bool:
    """Tell whether the picture of a file, or every frame of it, is coded without loss."""
    return set(_codings(data)) == {_LOSSLESS}


def _codings(data: bytes) -> Iterator[bytes]:
    for kind, body, end in walk(data):
        inside = walk(data, body + _FRAME_HEAD, end) if kind == FRAME else ()
        yield from (one for one in (kind, *(inner for inner, _, _ in inside)) if one in STILL)
