"""Encoders of one picture, a format each.

Each takes samples (H, W, C), metadata that fit the format, and a quality that lossless formats
ignore.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, BinaryIO

from PIL import Image

from srcli.images.codecs import jpeg_bands, jxl, png, tiff
from srcli.images.codecs.animation_files import Timing, encode_gif
from srcli.images.decode_errors import UnsupportedImage, damaged_exif
from srcli.images.formats import AVIF, BMP, GIF, JPEG, JXL, PNG, TIFF, WEBP, Format
from srcli.images.metadata import exif, jpeg_segments, xmp
from srcli.images.picture.photo import Metadata
from srcli.images.picture.samples import Samples

Writer = Callable[[BinaryIO, Samples, Metadata, int], None]
"""Writes a file a few rows at a time."""
LOSSLESS_QUALITY = 100
"""The quality that makes WebP and JPEG XL lossless."""


def _write_png(file: BinaryIO, samples: Samples, metadata: Metadata, _: int) -> None:
    png.write(file, samples, metadata)


def _write_tiff(file: BinaryIO, samples: Samples, metadata: Metadata, _: int) -> None:
    tiff.write(file, samples, metadata)


def _write_jpeg(file: BinaryIO, samples: Samples, metadata: Metadata, quality: int) -> None:
    first, further = (
        partial(_encode_jpeg_band, metadata=told, quality=quality)
        for told in (metadata, Metadata())
    )
    jpeg_bands.write(file, samples, first, further)


def _encode_jpeg_band(samples: Samples, metadata: Metadata, quality: int) -> bytes:
    packet, long, guid = metadata.xmp, b"", b""
    if packet and len(packet) > jpeg_segments.LARGEST_XMP:
        long = packet
        packet, guid = xmp.split(packet)
    options = embedded(replace(metadata, xmp=packet))
    if metadata.exif:
        options["exif"] = exif.PREFIX + metadata.exif
    if metadata.dpi:
        options["dpi"] = metadata.dpi
    data = _save(samples, JPEG, quality=quality, subsampling="4:4:4", **options)
    segments = (
        *jpeg_segments.extended_segments(long, guid),
        *jpeg_segments.resource_segments(metadata.resources),
        *jpeg_segments.comment_segments(metadata.comment),
    )
    return jpeg_segments.with_segments(data, segments)


def _encode_webp(samples: Samples, metadata: Metadata, quality: int) -> bytes:
    lossless = quality == LOSSLESS_QUALITY
    options = embedded(metadata)
    return _save(samples, WEBP, quality=quality, lossless=lossless, exact=True, **options)


def _encode_avif(samples: Samples, metadata: Metadata, quality: int) -> bytes:
    chroma = "4:4:4" if samples.shape[2] > 2 else "4:0:0"  # noqa: PLR2004 - grey, alpha
    block = metadata.exif and exif.without_orientation(metadata.exif)
    options = embedded(replace(metadata, exif=block))
    return _save(samples, AVIF, quality=quality, subsampling=chroma, **options)


def _encode_jxl(samples: Samples, metadata: Metadata, quality: int) -> bytes:
    return jxl.encode(samples, metadata, quality=quality, lossless=quality == LOSSLESS_QUALITY)


def _encode_bmp(samples: Samples, metadata: Metadata, _: int) -> bytes:
    return _save(samples, BMP, **({"dpi": metadata.dpi} if metadata.dpi else {}))


def _encode_gif(samples: Samples, metadata: Metadata, _: int) -> bytes:
    return encode_gif([samples], Timing(durations=(0,), plays=1), metadata.comment)


def embedded(metadata: Metadata) -> dict[str, Any]:
    """Pillow's arguments for the blocks that JPEG, WebP and AVIF take alike."""
    blocks = {"icc_profile": metadata.icc_profile, "exif": metadata.exif, "xmp": metadata.xmp}
    return {name: block for name, block in blocks.items() if block}


def _save(samples: Samples, known: Format, **options: Any) -> bytes:  # noqa: ANN401 - Pillow's
    image = Image.fromarray(samples[..., 0] if samples.shape[2] == 1 else samples)
    file = io.BytesIO()
    try:
        image.save(file, known.name, **options)
    except KeyError as error:
        message = f"this Pillow does not write {known.name}"
        raise UnsupportedImage(message, hint="Choose PNG.") from error
    except SyntaxError as error:
        raise damaged_exif() from error
    except (OSError, ValueError) as error:
        message = f"{known.name} cannot hold it ({error})"
        raise UnsupportedImage(message, hint="Choose PNG or TIFF.") from error
    return file.getvalue()


def _encode_in_memory(write: Writer, samples: Samples, metadata: Metadata, quality: int) -> bytes:
    file = io.BytesIO()
    write(file, samples, metadata, quality)
    return file.getvalue()


WRITERS: dict[Format, Writer] = {
    PNG: _write_png,
    TIFF: _write_tiff,
    JPEG: _write_jpeg,
}

ENCODERS: dict[Format, Callable[[Samples, Metadata, int], bytes]] = {
    **{known: partial(_encode_in_memory, writer) for known, writer in WRITERS.items()},
    WEBP: _encode_webp,
    AVIF: _encode_avif,
    JXL: _encode_jxl,
    BMP: _encode_bmp,
    GIF: _encode_gif,
}
