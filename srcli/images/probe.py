"""The content of a file, and what its picture is without decoding it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from srcli.errors import OutOfMemory, UnreadableImage
from srcli.images.codecs import avif, heif, jxl, raw, tiff, webp
from srcli.images.codecs.animation_files import count_frames, open_animation
from srcli.images.codecs.jpeg import quality_of
from srcli.images.codecs.pillow_codec import open_picture, read_metadata
from srcli.images.codecs.silence import silent_libtiff
from srcli.images.decode import decode_photo
from srcli.images.decode_errors import UnsupportedImage, check_size, pillow_rules, reading, refusals
from srcli.images.formats import (
    AVIF,
    HEIF,
    JXL,
    PNG,
    RAW,
    SIGNATURE_LENGTH,
    TIFF,
    WEBP,
    Format,
    may_begin_picture,
    sniff,
)
from srcli.images.inspection import sound_content
from srcli.images.inspection.limits import check_limits
from srcli.images.metadata import exif
from srcli.images.picture.photo import SIDES_SWAPPED
from srcli.images.read_rules import DEFAULT_RULES, ReadRules
from srcli.images.recognition import recognise

_PIECE = 1 << 20
TURNED_PNG = (b"eXIf", b"Raw profile type", b"XML:com.adobe.xmp")
"""What may say how a PNG file is turned; where none is, its texts are not read."""


def read_content(path: Path) -> tuple[bytes, int]:
    """Return the content of a picture file, only its head if it is not one, and its time.

    Returns:
        The bytes, and when they were last changed, in nanoseconds.

    Raises:
        UnreadableImage: it is missing, forbidden or not a regular file.

    """
    with reading(path):
        if path.exists() and not path.is_file():
            message = f"{path} is not a regular file."
            raise UnreadableImage(message)
        with path.open("rb") as file:
            head = file.read(SIGNATURE_LENGTH)
            content = head + file.read() if sniff(head) else head
            return content, os.fstat(file.fileno()).st_mtime_ns


_SIZES = {JXL: jxl.read_size, RAW: raw.read_size}
"""What tells the size of the upright picture of formats that Pillow does not open."""


def read_pipe(stream: BinaryIO, *, byte_limit: int) -> bytes:
    """Return the content of a picture file from a pipe, only its first bytes if it is not one.

    Args:
        stream: the pipe.
        byte_limit: a file of more bytes is refused.

    Raises:
        OutOfMemory: the file is larger than that.

    """
    content = bytearray()
    while len(content) < SIGNATURE_LENGTH and may_begin_picture(content):
        piece = _some(stream, SIGNATURE_LENGTH - len(content))
        if not piece:
            break
        content += piece
    if sniff(bytes(content)) is None:
        return bytes(content)
    while piece := _some(stream, _PIECE):
        content += piece
        if len(content) > byte_limit:
            msg = f"Standard input holds more than the {byte_limit / 1e9:.1f} GB that memory holds."
            raise OutOfMemory(msg, hint="Save it as a file, or close other programs.")
    return bytes(content)


def _some(stream: BinaryIO, size: int) -> bytes:
    """Read what there is, up to ``size`` bytes, waiting for the first."""
    read = getattr(stream, "read1", stream.read)
    some: bytes = read(size)
    return some


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageInfo:
    """What is known of a picture before it is decoded.

    Attributes:
        size: (height, width) once it is upright.
        frames: how many it has.
        jpeg_quality: about what it was last compressed at, 1 to 100; None if it is no JPEG.
        webp_quality: the same of a lossy WebP, 0 to 100.
        avif_quantizer: how hard an AVIF was compressed, 0 (not at all) to 255.

    """

    size: tuple[int, int]
    frames: int = 1
    jpeg_quality: int | None = None
    webp_quality: int | None = None
    avif_quantizer: int | None = None


def probe_image(data: bytes, *, name: str, rules: ReadRules = DEFAULT_RULES) -> ImageInfo:
    """Return how large a file's picture is, of how many frames, and how hard compressed.

    Args:
        data: the content of the file.
        name: what messages call it.
        rules: what is read; a picture of more pixels or frames is refused.

    Raises:
        UnreadableImage: its head does not even say how large it is, or it is too large.

    """
    known = recognise(data)
    if known is None or not known.readable:
        decode_photo(data, name=name)  # says why it cannot be read
        raise AssertionError
    with (
        refusals(name, known.name),
        pillow_rules(pixel_limit=rules.pixel_limit, allow_damaged=rules.allow_damaged),
        silent_libtiff(),
    ):
        check_limits(data, known, rules)
        if rules.allow_damaged:
            content = sound_content(data, known, name=name, rules=rules, warn=_ignore)
            return _head(content, data, known, rules.pixel_limit)
        try:
            return _head(data, data, known, rules.pixel_limit)
        except UnsupportedImage:
            raise
        except Exception:  # noqa: BLE001 - the inspection says what is wrong, or mends it
            content = sound_content(data, known, name=name, rules=rules, warn=_ignore)
            return _head(content, data, known, rules.pixel_limit)


def _ignore(_: str) -> None:
    """Leave warnings to whoever decodes the picture."""


def _head(content: bytes, data: bytes, known: Format, pixel_limit: int) -> ImageInfo:
    frames, jpeg_quality, orientation = 1, None, exif.UPRIGHT
    if known is TIFF:
        layout = tiff.read_layout(tiff.read_directory(tiff.first_page(content)))
        check_size(layout.height, layout.width, pixel_limit=pixel_limit)
        height, width, orientation = layout.height, layout.width, layout.orientation
    elif known is HEIF:
        width, height = heif.open_heif(content, pixel_limit=pixel_limit).size
    elif known in _SIZES:
        height, width = _SIZES[known](content, pixel_limit=pixel_limit)
    else:
        moving = open_animation(content, known, pixel_limit=pixel_limit)
        frames = count_frames(moving) if moving else 1
        image = moving or open_picture(content, known, pixel_limit=pixel_limit)
        turned = known is not PNG or any(sign in data for sign in TURNED_PNG)
        orientation = read_metadata(image, data)[1] if turned else exif.UPRIGHT
        height, width = image.height, image.width
        jpeg_quality = quality_of(image)
    size = (width, height) if orientation in SIDES_SWAPPED else (height, width)
    return ImageInfo(
        size=size,
        frames=frames,
        jpeg_quality=jpeg_quality,
        webp_quality=webp.quality_of(content) if known is WEBP else None,
        avif_quantizer=avif.quantizer_of(content) if known is AVIF else None,
    )
