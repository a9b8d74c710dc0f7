"""WebP below the level of pixels (RFC 9649)."""

from __future__ import annotations

from collections.abc import Iterator

from srcli.images.codecs.vp8_header import quality_of_frame

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
    return {kind for kind, _, _ in _stills(data)} == {_LOSSLESS}


def quality_of(data: bytes) -> int | None:
    """Return about the quality, 0 to 100, at which a picture was compressed.

    Returns:
        None if no frame of it lost anything; of an animation that of its first frame that did.

    """
    for kind, body, end in _stills(data):
        if kind != _LOSSLESS:
            return quality_of_frame(data[body:end])
    return None


def _stills(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Yield the chunks that hold pictures, those within frames included, as ``walk`` does."""
    for kind, body, end in walk(data):
        inside = walk(data, body + _FRAME_HEAD, end) if kind == FRAME else ()
        yield from (one for one in ((kind, body, end), *inside) if one[0] in STILL)
