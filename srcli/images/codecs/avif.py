"""AVIF below the level of pixels."""

from __future__ import annotations

from srcli.images.codecs.av1_header import quantizer_of_stream
from srcli.images.metadata import bmff

_PICTURE = b"av01"


def quantizer_of(data: bytes) -> int | None:
    """Return AV1's base quantiser of a file's picture, or of its first tile: 0 (lossless) to 255.

    Returns:
        None if the file cannot be followed.

    """
    for item in bmff.items(data):
        if item.kind == _PICTURE:
            return quantizer_of_stream(item.content(data))
    return None
