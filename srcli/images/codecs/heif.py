"""HEIF files, which phones write as HEIC, through pillow-heif, the extra ``heif``.

A file's main picture is read; bursts, previews, depth and gain maps beside it are left alone.
libheif turns, mirrors and crops it as the file says, whatever its EXIF block says of that.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from srcli.images.codecs import png
from srcli.images.decode_errors import UnsupportedImage, check_size
from srcli.images.metadata import bmff, exif
from srcli.images.metadata.reading import Blocks, upright
from srcli.images.picture.photo import Metadata
from srcli.images.picture.samples import RGB, Samples, has_alpha, widened

if TYPE_CHECKING:
    from pillow_heif import HeifImage

_PRIMARIES, _TRANSFER = "color_primaries", "transfer_characteristics"


def open_heif(data: bytes, *, pixel_limit: int) -> HeifImage:
    """Open the main picture of a file, reading no more than its header.

    Raises:
        UnsupportedImage: if it is too large.

    """
    import pillow_heif

    file = pillow_heif.open_heif(io.BytesIO(data), convert_hdr_to_8bit=False, hdr_to_16bit=False)
    image = file[file.primary_index]
    width, height = image.size
    check_size(height, width, pixel_limit=pixel_limit)
    return image


def read_samples(image: HeifImage) -> Samples:
    """Decode to uint8, or to the full range of uint16 if there are more than eight bits.

    Raises:
        UnsupportedImage: its colours are multiplied by its alpha, or its header told another
            size.

    """
    if image.premultiplied_alpha:
        message = "is a HEIF file whose colours are multiplied by its alpha"
        raise UnsupportedImage(message, hint="Save it as PNG.")
    width, height = image.size
    samples = np.array(image)  # a copy: older releases free the picture's memory with it
    if samples.shape[:2] != (height, width):
        message = "is damaged: its header and its picture differ in size"
        raise UnsupportedImage(message)
    samples = samples.reshape(height, width, -1)
    if has_alpha(samples) and "chroma" not in image.info:  # grey that was decoded as RGB
        samples = samples[..., [0, RGB]]
    _, _, bits = image.mode.partition(";")
    return widened(samples, bits=int(bits)) if bits else samples


def read_metadata(image: HeifImage, data: bytes) -> Metadata:
    """What the file says beside its pixels; colours that only codes tell of, as PNG has them."""
    info: Mapping[str, Any] = image.info
    codes = info.get("nclx_profile")
    block = (info["exif"] or b"").removeprefix(exif.PREFIX)
    blocks = Blocks(
        exif=exif.make_upright(block) if block else None,
        xmp=info.get("xmp"),
        left=bmff.companions(data),
        turned=exif.UPRIGHT,
    )
    metadata, _ = upright(blocks, profile=info.get("icc_profile"), dpi=(0, 0))
    chunks = png.coding_chunk(codes[_PRIMARIES], codes[_TRANSFER]) if codes else b""
    return replace(metadata, color_chunks=chunks)
