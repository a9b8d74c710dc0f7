"""The one rule for pictures that are not whole, whatever their format and depth.

A file that lacks coded data of its pixels, or whose coded data are damaged, is refused, or read
with a warning where that is allowed. A file that has all its pixels and damage around them, such
as a JPEG file without its end mark, is read with a warning.
"""

from __future__ import annotations

from collections.abc import Callable

from srcli.images.decode_errors import UnsupportedImage
from srcli.images.formats import AVIF, BMP, GIF, HEIF, JPEG, JXL, PNG, RAW, TIFF, WEBP, Format
from srcli.images.inspection.bmp_file import inspect_bmp
from srcli.images.inspection.boxes_file import inspect_boxes, inspect_jxl
from srcli.images.inspection.flaws import Inspected
from srcli.images.inspection.gif_file import inspect_gif
from srcli.images.inspection.jpeg_file import inspect_jpeg
from srcli.images.inspection.limits import check_limits
from srcli.images.inspection.png_file import inspect_png
from srcli.images.inspection.raw_file import inspect_raw
from srcli.images.inspection.tiff_file import inspect_tiff
from srcli.images.inspection.webp_file import inspect_webp
from srcli.images.read_rules import ReadRules, Warn

_INSPECTIONS: dict[Format, Callable[[bytes, ReadRules], Inspected]] = {
    PNG: inspect_png,
    JPEG: inspect_jpeg,
    GIF: inspect_gif,
    TIFF: inspect_tiff,
    BMP: inspect_bmp,
    WEBP: lambda data, _: inspect_webp(data),
    AVIF: lambda data, _: inspect_boxes(data),
    HEIF: lambda data, _: inspect_boxes(data),
    JXL: lambda data, _: inspect_jxl(data),
    RAW: lambda data, _: inspect_raw(data),
}


def sound_content(data: bytes, known: Format, *, name: str, rules: ReadRules, warn: Warn) -> bytes:
    """Look through a file, and return what its decoder gets.

    Args:
        data: the file.
        known: its format.
        name: what warnings call it.
        rules: whether a picture that lacks data is read.
        warn: told of every flaw of a picture that is read.

    Raises:
        UnsupportedImage: it lacks data and that is not allowed, or it is too large or has too
            many frames or parts.

    """
    check_limits(data, known, rules)
    inspected = _INSPECTIONS[known](data, rules)
    for flaw in inspected.flaws:
        if flaw.lacks_data and not rules.allow_damaged:
            raise UnsupportedImage(
                flaw.predicate, hint="Make what there is of it with --allow-damaged."
            )
    for flaw in dict.fromkeys(inspected.flaws):
        warn(f"{name} {flaw.predicate}.")
    return inspected.content
