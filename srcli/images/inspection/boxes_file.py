"""Whether an AVIF or HEIF file (ISO/IEC 14496-12) is as long as its boxes say.

libavif and libheif refuse pictures whose coded data end early.
"""

from __future__ import annotations

from srcli.images.inspection.flaws import CUT_SHORT, Inspected, wrapped_badly

_TO_THE_END, _LONG = 0, 1
_HEAD, _LONG_HEAD = 8, 16
_OF_NO_USE = {b"free", b"skip", b"uuid"}


def inspect_boxes(data: bytes) -> Inspected:
    """Look through the outermost boxes of a file."""
    at = 0
    while at + _HEAD <= len(data):
        size, kind = int.from_bytes(data[at : at + 4]), data[at + 4 : at + 8]
        if size == _LONG:
            size = int.from_bytes(data[at + _HEAD : at + _LONG_HEAD])
        if size == _TO_THE_END:
            return Inspected(content=data)
        if at + size > len(data):
            after = kind in _OF_NO_USE
            flaw = wrapped_badly("is cut short after its picture") if after else CUT_SHORT
            return Inspected(content=data, flaws=(flaw,))
        at += max(size, _HEAD)
    return Inspected(content=data)
