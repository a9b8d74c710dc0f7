"""Tell whether a BMP file holds all the data of its pixels."""

from __future__ import annotations

import struct

from srcli.images.decode_errors import check_size
from srcli.images.inspection.flaws import CUT_SHORT, Inspected, check_worth
from srcli.images.read_rules import ReadRules

_HEADER = struct.Struct("<IiiHHI")  # of 40 bytes and more, up to the kind of compression
_HEADER_AT, _OFFSET_AT = 14, 10
_OLD_HEADER = 12
_UNPACKED = {0, 3, 6}


def inspect_bmp(data: bytes, rules: ReadRules) -> Inspected:
    """Look at the length of a file whose rows are not compressed; zeros make it up.

    Raises:
        UnsupportedImage: it has more pixels than the limit.

    """
    if len(data) < _HEADER_AT + _HEADER.size:
        return Inspected(content=data, flaws=(CUT_SHORT,))
    header, width, height, _, bits, packing = _HEADER.unpack_from(data, _HEADER_AT)
    if header == _OLD_HEADER:
        width, height, _, bits = struct.unpack_from("<HHHH", data, _HEADER_AT + 4)
        packing = 0
    check_size(abs(height), abs(width), pixel_limit=rules.pixel_limit)
    (offset,) = struct.unpack_from("<I", data, _OFFSET_AT)
    row_bytes = (abs(width) * bits + 31) // 32 * 4
    missing = offset + abs(height) * row_bytes - len(data)
    if packing not in _UNPACKED or missing <= 0:
        return Inspected(content=data)
    check_worth(data, abs(height) * abs(width))
    filled = data + bytes(missing) if rules.allow_damaged else data
    return Inspected(content=filled, flaws=(CUT_SHORT,))
