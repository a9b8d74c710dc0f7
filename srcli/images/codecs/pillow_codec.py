"""Pictures of up to eight bits per sample, and every picture's metadata, through Pillow."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from srcli.images.codecs.png import for_pillow
from srcli.images.decode_errors import UnsupportedImage, check_frames, check_size
from srcli.images.formats import PNG, Format
from srcli.images.metadata.color_profile import to_srgb
from srcli.images.metadata.reading import read_blocks, upright
from srcli.images.picture.photo import Metadata
from srcli.images.picture.samples import Samples, reduced

_COUNTED_ELSEWHERE = ("MPO", "TIFF")
"""Formats of which Pillow counts pictures that are none of the file's own."""


def open_picture(data: bytes, known: Format, *, pixel_limit: int) -> Image.Image:
    """Open a file as ``known``, reading no more than its header.

    The pictures after the first of a JPEG file (MPO) are previews and depth maps, and are
    left alone; the pages of a TIFF file are for the caller to count; of any other format,
    several pictures are refused.

    Raises:
        UnsupportedImage: if it is too large or holds several frames.

    """
    data = for_pillow(data) if known is PNG else data
    image = Image.open(io.BytesIO(data), formats=(known.name,))
    check_size(image.height, image.width, pixel_limit=pixel_limit)
    several = image.format not in _COUNTED_ELSEWHERE and getattr(image, "is_animated", False)
    check_frames(several=several)
    return image


def read_samples(image: Image.Image) -> Samples:
    """Decode to uint8 samples of one to four channels.

    Palettes and bilevel pictures are resolved, CMYK and CIE L*a*b* become sRGB.

    Raises:
        UnsupportedImage: if Pillow has no eight-bit form of the picture.

    """
    image.load()
    if image.mode in {"P", "PA"} or (image.format == "GIF" and image.has_transparency_data):
        return resolved(image)
    if image.mode in {"CMYK", "LAB"}:
        image = to_srgb(image)
    elif image.mode == "1":
        image = image.convert("L")
    elif image.mode == "YCbCr":
        image = image.convert("RGB")
    if image.mode not in {"L", "LA", "RGB", "RGBA"}:
        message = f"stores its samples in a way that is not supported ({image.mode})"
        raise UnsupportedImage(message)
    return np.asarray(image).reshape(image.height, image.width, -1)


def resolved(image: Image.Image) -> Samples:
    """The colours as uint8 samples: grey if all are, without alpha if all are opaque."""
    colored = bool(image.info.get("icc_profile"))
    return reduced(np.asarray(image.convert("RGBA")), colored=colored)


def read_metadata(image: Image.Image, data: bytes) -> tuple[Metadata, int]:
    """What a decoded file says beside its pixels, and the orientation still to be applied.

    The profile of a CMYK picture is left behind with its colours.

    Args:
        image: the file as Pillow opened it, or what was made of it where it was damaged.
        data: the content of the file.

    """
    profile = None if image.mode in {"CMYK", "LAB"} else image.info.get("icc_profile")
    dpi = image.info.get("dpi", (0, 0))
    return upright(read_blocks(image, data), profile=profile, dpi=dpi)
