"""Read a picture file, with nothing lost that a file can hold."""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from srcli.errors import UnreadableImage
from srcli.images.codecs import (
    cmyk_tiff,
    gif,
    heif,
    jxl,
    opencv_codec,
    png_samples,
    raw,
    tiff,
    webp,
)
from srcli.images.codecs.animation_files import open_animation, read_animation
from srcli.images.codecs.pillow_codec import open_picture, read_metadata, read_samples
from srcli.images.codecs.png import PngHeader, read_header
from srcli.images.codecs.silence import silent_libtiff
from srcli.images.decode_errors import check_frames, check_size, pillow_rules, reading, refusals
from srcli.images.formats import (
    AVIF,
    BMP,
    GIF,
    HEIF,
    JXL,
    PNG,
    RAW,
    SIGNATURE_LENGTH,
    TIFF,
    WEBP,
    Format,
    readable_names,
)
from srcli.images.inspection import sound_content
from srcli.images.metadata import gray_profile
from srcli.images.picture.animation import Animation, Picture
from srcli.images.picture.photo import Metadata, Photo
from srcli.images.picture.samples import (
    GRAY_ALPHA,
    RGB,
    RGB_ALPHA,
    Samples,
    reduced,
    to_photo,
    turn_upright,
)
from srcli.images.read_rules import DEFAULT_RULES, ReadRules, Warn, log_warning
from srcli.images.recognition import recognise
from srcli.pixels.levels import to_levels

PIXEL_LIMIT = DEFAULT_RULES.pixel_limit
"""Pixels of the largest picture that is decoded unless a caller allows more."""


def read_photo(path: Path, *, rules: ReadRules = DEFAULT_RULES, warn: Warn = log_warning) -> Photo:
    """Read and decode a file; its content, not its name, says what format it is.

    Args:
        path: the file.
        rules: what is read; a picture of too many pixels is refused before it is decoded.
        warn: told what is wrong with a file that is read anyway.

    Raises:
        UnreadableImage: if it is missing, forbidden, not a picture, damaged, cut short, too
            large, or of a kind that cannot be read without loss.

    """
    return decode_photo(_read_bytes(path), name=str(path), rules=rules, warn=warn)


def read_uint8(path: Path) -> Tensor:
    """Read a file as RGB uint8 (1, 3, H, W), deeper samples rounded, alpha left out.

    Raises:
        UnreadableImage: as ``read_photo``.

    """
    return to_levels(read_photo(path).pixels, torch.uint8).contiguous()


def decode_photo(
    data: bytes, *, name: str, rules: ReadRules = DEFAULT_RULES, warn: Warn = log_warning
) -> Photo:
    """Decode the content of a file; ``name`` is what messages call it.

    The picture comes out upright, at its own depth, grey if it is, its colours as stored.
    Palettes become grey or RGB as their colours are; CMYK of any depth and CIE L*a*b* become
    sRGB of 8 bits, with alpha if they have it. A channel that a TIFF file marks as unspecified
    is no part of the picture and is left out, as are the previews inside a JPEG or HEIF file.

    Raises:
        UnreadableImage: as ``read_photo``.

    """
    known = _recognise(data, name)
    with _decoding(name, known, rules):
        content = sound_content(data, known, name=name, rules=rules, warn=warn)
        return _decode(_File(content=content, data=data, known=known, rules=rules))


def decode_picture(
    data: bytes, *, name: str, rules: ReadRules = DEFAULT_RULES, warn: Warn = log_warning
) -> Picture:
    """Decode the content of a file that may be an animated GIF, PNG or WebP file.

    Args:
        data: the content.
        name: what messages call the file.
        rules: what is read; its limit on pixels is for all frames together.
        warn: told what is wrong with a file that is read anyway.

    Raises:
        UnreadableImage: as ``read_photo``.

    """
    known = _recognise(data, name)
    with _decoding(name, known, rules):
        content = sound_content(data, known, name=name, rules=rules, warn=warn)
        file = _File(content=content, data=data, known=known, rules=rules)
        image = open_animation(content, known, pixel_limit=rules.pixel_limit)
        return _animation(image, file) if image else _decode(file)


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    """A file that was looked through.

    Attributes:
        content: what decoders get: the file, or what was made of it where it was damaged.
        data: the file, which says what there is beside the pixels.
        known: its format.
        rules: what is read.

    """

    content: bytes
    data: bytes
    known: Format
    rules: ReadRules

    def open(self) -> Image.Image:
        """Open it in Pillow; raise as ``open_picture``."""
        return open_picture(self.content, self.known, pixel_limit=self.rules.pixel_limit)


@contextmanager
def _decoding(name: str, known: Format, rules: ReadRules) -> Iterator[None]:
    """Turn failures into ``UnreadableImage``, and let Pillow decode by the rules."""
    with (
        refusals(name, known.name),
        pillow_rules(pixel_limit=rules.pixel_limit, allow_damaged=rules.allow_damaged),
        silent_libtiff(),
    ):
        yield


def _animation(image: Image.Image, file: _File) -> Animation:
    animation = read_animation(image, file.content, file.data)
    metadata = replace(animation.metadata, size=(animation.height, animation.width))
    if file.known is PNG:
        metadata = _with_chunks(metadata, read_header(file.content))
    return replace(animation, metadata=_with_coding(metadata, file))


def _decode(file: _File) -> Photo:
    samples, metadata = _READERS.get(file.known, _read_plain)(file)
    metadata = replace(metadata, size=samples.shape[:2])
    metadata = _with_fitting_profile(metadata, file.known, gray=samples.shape[2] <= GRAY_ALPHA)
    return to_photo(samples, metadata, source_format=file.known.name)


def _read_bytes(path: Path) -> bytes:
    with reading(path):
        kind = path.stat().st_mode
        if not stat.S_ISREG(kind):
            what = "a folder" if stat.S_ISDIR(kind) else "not a regular file"
            message = f"{path} is {what}, not a picture."
            raise UnreadableImage(message)
        with path.open("rb") as file:
            _recognise(file.read(SIGNATURE_LENGTH), str(path))
            file.seek(0)
            return file.read()


def _recognise(data: bytes, name: str) -> Format:
    if not data:
        message = f"{name} is empty."
        raise UnreadableImage(message)
    known = recognise(data)
    if known is None:
        message = f"{name} is not a picture in a known format."
        raise UnreadableImage(message, hint=f"The formats read are {readable_names()}.")
    if not known.readable:
        message = f"{name} is a {known.name} file, which an extra package reads."
        raise UnreadableImage(message, hint=known.remedy)
    return known


def _with_fitting_profile(metadata: Metadata, known: Format, *, gray: bool) -> Metadata:
    """The metadata without a profile that is for other channels, which viewers pass over.

    A grey picture may have a profile of colours, but not in PNG.
    """
    space = gray_profile.space_of(metadata.icc_profile or b"")
    fits = {"": True, "RGB": not (gray and known is PNG), "GRAY": gray}
    if fits.get(space, False):
        return metadata
    left = (*metadata.left, "colour profile for other channels")
    return replace(metadata, icc_profile=None, left=left)


def _read_bmp(file: _File) -> tuple[Samples, Metadata]:
    """Decode; a fourth channel that is zero everywhere is no opacity, but room left unused."""
    samples, metadata = _read_plain(file)
    unused = samples.shape[2] == RGB_ALPHA and not samples[..., RGB].any()
    return samples[..., :RGB] if unused else samples, metadata


def _read_plain(file: _File) -> tuple[Samples, Metadata]:
    image = file.open()
    samples = read_samples(image)
    metadata, orientation = read_metadata(image, file.data)
    return turn_upright(samples, orientation), _with_coding(metadata, file)


def _with_coding(metadata: Metadata, file: _File) -> Metadata:
    return replace(metadata, lossless=file.known is WEBP and webp.is_lossless(file.content))


def _read_png(file: _File) -> tuple[Samples, Metadata]:
    image = file.open()
    header = read_header(file.content)
    samples = png_samples.read_samples(file.content, image, header)
    metadata, orientation = read_metadata(image, file.data)
    return turn_upright(samples, orientation), _with_chunks(metadata, header)


def _with_chunks(metadata: Metadata, header: PngHeader) -> Metadata:
    return replace(metadata, color_chunks=header.color_chunks, text_chunks=header.text_chunks)


def _read_gif(file: _File) -> tuple[Samples, Metadata]:
    image = file.open()
    (seen,) = gif.read_frames(file.content).seen()
    return reduced(seen, colored=False), read_metadata(image, file.data)[0]


def _read_tiff(file: _File) -> tuple[Samples, Metadata]:
    check_frames(several=tiff.has_more_pages(file.data))
    tags = tiff.read_directory(file.content)
    layout = tiff.read_layout(tags)
    inks = layout.photometric == tiff.SEPARATED
    if inks and layout.channels > cmyk_tiff.INKS:
        samples = cmyk_tiff.read(file.content, tags, layout, rules=file.rules)
    elif layout.bits > opencv_codec.DEEP and not inks:
        check_size(layout.height, layout.width, pixel_limit=file.rules.pixel_limit)
        samples = opencv_codec.read_tiff(file.content, layout)
    else:
        samples = read_samples(file.open())
    return samples, tiff.read_metadata(file.data, tags, layout)


def _read_avif(file: _File) -> tuple[Samples, Metadata]:
    image = file.open()
    deep = opencv_codec.is_deep_avif(file.content)
    samples = opencv_codec.read_avif(file.content) if deep else read_samples(image)
    metadata, orientation = read_metadata(image, file.data)
    if not metadata.icc_profile:
        metadata = replace(metadata, color_chunks=opencv_codec.avif_color_chunk(file.data))
    return turn_upright(samples, orientation), metadata


def _read_heif(file: _File) -> tuple[Samples, Metadata]:
    image = heif.open_heif(file.content, pixel_limit=file.rules.pixel_limit)
    return heif.read_samples(image), heif.read_metadata(image, file.data)


def _read_jxl(file: _File) -> tuple[Samples, Metadata]:
    return jxl.read(file.content, pixel_limit=file.rules.pixel_limit)


def _read_raw(file: _File) -> tuple[Samples, Metadata]:
    return raw.read(file.content, pixel_limit=file.rules.pixel_limit)


_READERS: dict[Format, Callable[[_File], tuple[Samples, Metadata]]] = {
    PNG: _read_png,
    GIF: _read_gif,
    BMP: _read_bmp,
    TIFF: _read_tiff,
    AVIF: _read_avif,
    HEIF: _read_heif,
    JXL: _read_jxl,
    RAW: _read_raw,
}
