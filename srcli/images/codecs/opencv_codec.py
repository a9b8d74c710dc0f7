"""Pictures of more than eight bits per sample, through OpenCV.

Pillow halves the depth of 16-bit colour without a word, so it must not decode these. OpenCV in
turn knows nothing of profiles, and misreads some files instead of refusing them: what is not
known to come out right is refused here.
"""

from __future__ import annotations

import re
import struct

import numpy as np

from srcli.images.codecs import png, tiff, tiff_channels
from srcli.images.decode_errors import UnsupportedImage
from srcli.images.picture.samples import (
    GRAY_ALPHA,
    RGB,
    RGB_ALPHA,
    Samples,
    divide_by_alpha,
    has_alpha,
    peak,
    turn_upright,
    widened,
)

DEEP = 8
"""Pictures of more bits per sample than this are decoded here."""

_AV1_HIGH_DEPTH, _AV1_TWELVE_BITS = 0x40, 0x20


def read_png(data: bytes, *, channels: int, check: Samples) -> Samples:
    """Decode a 16-bit PNG file of grey or colour, leaving a colour key to the caller.

    Args:
        data: the file.
        channels: as its header says.
        check: Pillow's version of it, which has the upper bytes of the samples.

    Raises:
        UnsupportedImage: if the two decoders do not agree.

    """
    samples = _decode(png.pixels_only(data))
    upper = check.reshape(*check.shape[:2], -1)
    upper = upper >> 8 if upper.dtype == np.uint16 else upper
    difference = (samples[..., : upper.shape[2]] >> 8).astype(np.int16) - upper
    if np.abs(difference).max() > 1:  # decoders may round or cut
        message = "is damaged: two decoders do not agree about it"
        raise UnsupportedImage(message)
    return samples[..., [0, 3]] if channels == GRAY_ALPHA else samples


def read_tiff(data: bytes, layout: tiff.Layout) -> Samples:
    """Decode a TIFF file of 16-bit integers or 32-bit floating point, turned upright.

    Raises:
        UnsupportedImage: if its samples are of another kind, out of [0, 1], or stored in a way that
            OpenCV misreads.

    """
    _check_layout(layout)
    if layout.channels == GRAY_ALPHA:
        samples = tiff_channels.read(data, layout, _decode)
        samples = turn_upright(samples, layout.orientation)
    else:
        samples = _decode(data)
    if samples.shape[2] != layout.channels or samples.dtype.itemsize * 8 != layout.bits:
        message = "is a TIFF file of a rare kind that is not decoded at its full depth"
        raise UnsupportedImage(message)
    if samples.dtype.kind == "f" and not (samples.min() >= 0 and samples.max() <= 1):
        message = "holds floating-point samples outside 0 to 1"
        raise UnsupportedImage(message, hint="Scale its samples to the range from 0 to 1.")
    if layout.photometric < tiff.BLACK_IS_ZERO:
        samples[..., 0] = peak(samples) - samples[..., 0]
    if has_alpha(samples) and layout.extra == tiff.UNSPECIFIED_EXTRA:
        return samples[..., :-1]
    if has_alpha(samples) and layout.extra == tiff.PREMULTIPLIED_ALPHA:
        divide_by_alpha(samples)
    return samples


def is_deep_avif(data: bytes) -> bool:
    """Tell whether an AVIF file says, in its codec configuration, that it has 10 or 12 bits."""
    return bool(_av1_depth_flags(data) & _AV1_HIGH_DEPTH)


def read_avif(data: bytes) -> Samples:
    """Decode an AVIF file of 10 or 12 bits to the full range of 16."""
    twelve = _av1_depth_flags(data) & _AV1_TWELVE_BITS
    return widened(_decode(data), bits=12 if twelve else 10)


def avif_color_chunk(data: bytes) -> bytes:
    """What codes in an AVIF file tell of its colour space, as PNG has it; none for sRGB."""
    found = re.search(rb"colrnclx(.{4})", data, re.DOTALL)
    return png.coding_chunk(*struct.unpack(">HH", found[1])) if found else b""


def _av1_depth_flags(data: bytes) -> int:
    at = data.find(b"av1C")
    return data[at + 6] if 0 <= at < len(data) - 6 else 0


def _check_layout(layout: tiff.Layout) -> None:
    kinds = {(16, tiff.UNSIGNED), (32, tiff.FLOATING_POINT)}
    if (layout.bits, layout.sample_format) not in kinds:
        message = f"stores samples of {layout.bits} bits in a way that is not supported"
        raise UnsupportedImage(
            message, hint="Save it with 8 or 16 bits, or in 32-bit floating point."
        )
    known = layout.photometric in {0, tiff.BLACK_IS_ZERO, tiff.RGB}
    if not known or layout.channels > RGB_ALPHA:
        message = "is a deep TIFF file in a colour space that is not supported"
        raise UnsupportedImage(message, hint="Save it as RGB or grey.")
    if layout.apart and layout.channels > GRAY_ALPHA:
        message = "is a deep TIFF file that stores its channels apart"
        raise UnsupportedImage(message, hint="Save it with interleaved channels.")


def _decode(data: bytes) -> Samples:
    """Decode with OpenCV, as quietly as it can be, to (H, W, C) in the order RGB."""
    import cv2

    logging = cv2.utils.logging
    level = logging.getLogLevel()
    logging.setLogLevel(logging.LOG_LEVEL_SILENT)
    try:
        decoded = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    finally:
        logging.setLogLevel(level)
    if decoded is None:
        message = "OpenCV returned nothing"
        raise ValueError(message)
    samples = decoded.reshape(*decoded.shape[:2], -1)
    if samples.shape[2] >= RGB:
        swap = cv2.COLOR_BGR2RGB if samples.shape[2] == RGB else cv2.COLOR_BGRA2RGBA
        cv2.cvtColor(samples, swap, dst=samples)
    return samples
