"""Tell whether a WebP file (RFC 9649) holds all the data of its pixels.

libwebp refuses pictures whose coded data end early, so this is about the chunks around them.
"""

from __future__ import annotations

from srcli.images.codecs.webp import STILL, walk
from srcli.images.inspection.flaws import CUT_SHORT, Inspected, wrapped_badly


def inspect_webp(data: bytes) -> Inspected:
    """Look through a file; where only what follows the picture is cut, that is left out."""
    said = int.from_bytes(data[4:8], "little") + 8
    if said <= len(data):
        return Inspected(content=data)
    whole = [(kind, start, end) for kind, start, end in walk(data) if end <= len(data)]
    if not any(kind in STILL for kind, _, _ in whole):
        return Inspected(content=data, flaws=(CUT_SHORT,))
    end = whole[-1][2]
    content = b"".join([data[:4], (end - 8).to_bytes(4, "little"), data[8:end]])
    return Inspected(content=content, flaws=(wrapped_badly("is cut short after its picture"),))
