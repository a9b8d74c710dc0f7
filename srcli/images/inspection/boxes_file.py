"""Tell whether an AVIF, HEIF or JPEG XL file (ISO/IEC 14496-12) is as long as its boxes say.

libavif, libheif and libjxl refuse pictures whose coded data end early.
"""

from __future__ import annotations

from srcli.images.codecs.jxl_header import CONTAINER
from srcli.images.inspection.flaws import CUT_SHORT, Inspected, wrapped_badly
from srcli.images.metadata import bmff

_OF_NO_USE = {b"free", b"skip", b"uuid"}


def inspect_boxes(data: bytes) -> Inspected:
    """Look through the outermost boxes of a file."""
    for kind, _, end in bmff.heads(data, 0, len(data)):
        if end > len(data):
            after = kind in _OF_NO_USE
            flaw = wrapped_badly("is cut short after its picture") if after else CUT_SHORT
            return Inspected(content=data, flaws=(flaw,))
    return Inspected(content=data)


def inspect_jxl(data: bytes) -> Inspected:
    """Look through the outermost boxes of a JPEG XL file, if it is made of boxes."""
    return inspect_boxes(data) if data.startswith(CONTAINER) else Inspected(content=data)
