"""WebP below the level of pixels (RFC 9649)."""

from __future__ import annotations

from collections.abc import Iterator

_FIRST_CHUNK = 12
_CHUNK_HEAD = 8
_FRAME_HEAD = 16
_LOSSY, _LOSSLESS, _FRAME = b"VP8 ", b"VP8L", b"ANMF"


def is_lossless(data: bytes) -> bool:
    """Whether the picture of a file, or every frame of it, is coded without loss."""
    return set(_codings(data, _FIRST_CHUNK, len(data))) == {_LOSSLESS}


def _codings(data: bytes, start: int, end: int) -> Iterator[bytes]:
    while start + _CHUNK_HEAD <= end:
        kind, size = data[start : start + 4], int.from_bytes(data[start + 4 : start + 8], "little")
        body = start + _CHUNK_HEAD
        if kind in {_LOSSY, _LOSSLESS}:
            yield kind
        elif kind == _FRAME:
            yield from _codings(data, body + _FRAME_HEAD, body + size)
        start = body + size + size % 2
