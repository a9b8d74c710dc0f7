"""Read a picture file, with nothing lost that a file can hold."""

from __future__ import annotations

import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from srcli.errors import UnreadableImage
from srcli.images import heif, high_depth, tiff, webp
from srcli.images.animation import Picture
from srcli.images.animation_files import open_animation, read_animation
from srcli.images.codecs import gif, jxl, png_samples, raw
from srcli.images.eight_bit import open_picture, read_metadata, read_samples
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
from srcli.images.metadata import gray_profile
from srcli.images.photo import Metadata, Photo
from srcli.images.png import PngHeader, read_header
from srcli.images.recognition import recognise
from srcli.images.refusal import check_frames, check_size, pillow_rules, reading, refusals
from srcli.images.samples import (
    GRAY_ALPHA,
    RGB,
    RGB_ALPHA,
    Samples,
    reduced,
    to_photo,
    turn_upright,
)
from srcli.pixels.levels import to_levels

PIXEL_LIMIT = 512_000_000
"""Pixels of the largest picture that is decoded unless a caller allows more."""


def read_photo(path: Path, *, pixel_limit: int = PIXEL_LIMIT) -> Photo:
    """Read and decode a file; its content, not its name, says what format it is.

    Args:
        path: the file.
        pixel_limit: a picture of more pixels is refused before it is decoded.

    Raises:
        UnreadableImage: if it is missing, forbidden, not a picture, damaged, cut short, too
            large, or of a kind that cannot be read without loss.

    """
    return decode_photo(_read_bytes(path), name=str(path), pixel_limit=pixel_limit)


def read_uint8(path: Path) -> Tensor:
    """Read a file as RGB uint8 (1, 3, H, W), deeper samples rounded, alpha left out.

    Raises:
        UnreadableImage: as ``read_photo``.

    """
    return to_levels(read_photo(path).pixels, torch.uint8).contiguous()


def decode_photo(data: bytes, *, name: str, pixel_limit: int = PIXEL_LIMIT) -> Photo:
    """Decode the content of a file; ``name`` is what messages call it.

    The picture comes out upright, at its own depth, grey if it is, its colours as stored.
    Palettes become grey or RGB as their colours are; CMYK of any depth and CIE L*a*b* become
    sRGB of 8 bits. A channel that a TIFF file marks as unspecified is no part of the picture
    and is left out, as are the previews inside a JPEG or HEIF file.

    Raises:
        UnreadableImage: as ``read_photo``.

    """
    known = _recognise(data, name)
    with refusals(name, known.name):
        with pillow_rules(pixel_limit=pixel_limit):
            samples, metadata = _READERS.get(known, _read_plain)(data, known, pixel_limit)
        metadata = replace(metadata, size=samples.shape[:2])
        metadata = _with_fitting_profile(metadata, known, gray=samples.shape[2] <= GRAY_ALPHA)
        return to_photo(samples, metadata, source_format=known.name)


def decode_picture(data: bytes, *, name: str, pixel_limit: int = PIXEL_LIMIT) -> Picture:
    """Decode the content of a file that may be an animated GIF, PNG or WebP file.

    Args:
        data: the content.
        name: what messages call the file.
        pixel_limit: of all frames together.

    Raises:
        UnreadableImage: as ``read_photo``.

    """
    known = _recognise(data, name)
    with refusals(name, known.name), pillow_rules(pixel_limit=pixel_limit):
        image = open_animation(data, known, pixel_limit=pixel_limit)
        if image:
            animation = read_animation(image, data)
            metadata = replace(animation.metadata, size=(animation.height, animation.width))
            if known is PNG:
                metadata = _with_chunks(metadata, read_header(data))
            return replace(animation, metadata=_with_coding(metadata, data, known))
    return decode_photo(data, name=name, pixel_limit=pixel_limit)


def _read_bytes(path: Path) -> bytes:
    with reading(path):
        kind = path.stat().st_mode
        if not stat.S_ISREG(kind):
            what = "a folder" if stat.S_ISDIR(kind) else "not a regular file"
            message = f"{path} is {what}, not a picture"
            raise UnreadableImage(message)
        with path.open("rb") as file:
            _recognise(file.read(SIGNATURE_LENGTH), str(path))
            file.seek(0)
            return file.read()


def _recognise(data: bytes, name: str) -> Format:
    if not data:
        message = f"{name} is empty"
        raise UnreadableImage(message)
    known = recognise(data)
    if known is None:
        message = f"{name} is not a picture in a known format"
        raise UnreadableImage(message, hint=f"The formats read are {readable_names()}.")
    if not known.readable:
        message = f"{name} is a {known.name} file, which an extra package reads"
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


def _read_bmp(data: bytes, known: Format, pixel_limit: int) -> tuple[Samples, Metadata]:
    """Decode; a fourth channel that is zero everywhere is no opacity, but room left unused."""
    samples, metadata = _read_plain(data, known, pixel_limit)
    unused = samples.shape[2] == RGB_ALPHA and not samples[..., RGB].any()
    return samples[..., :RGB] if unused else samples, metadata


def _read_plain(data: bytes, known: Format, pixel_limit: int) -> tuple[Samples, Metadata]:
    image = open_picture(data, known, pixel_limit=pixel_limit)
    samples = read_samples(image)
    metadata, orientation = read_metadata(image, data)
    return turn_upright(samples, orientation), _with_coding(metadata, data, known)


def _with_coding(metadata: Metadata, data: bytes, known: Format) -> Metadata:
    return replace(metadata, lossless=known is WEBP and webp.is_lossless(data))


def _read_png(data: bytes, known: Format, pixel_limit: int) -> tuple[Samples, Metadata]:
    image = open_picture(data, known, pixel_limit=pixel_limit)
    header = read_header(data)
    samples = png_samples.read_samples(data, image, header)
    metadata, orientation = read_metadata(image, data)
    return turn_upright(samples, orientation), _with_chunks(metadata, header)


def _with_chunks(metadata: Metadata, header: PngHeader) -> Metadata:
    return replace(metadata, color_chunks=header.color_chunks, text_chunks=header.text_chunks)


def _read_gif(data: bytes, known: Format, pixel_limit: int) -> tuple[Samples, Metadata]:
    image = open_picture(data, known, pixel_limit=pixel_limit)
    (seen,) = gif.read_frames(data).seen()
    return reduced(seen, colored=False), read_metadata(image, data)[0]


def _read_tiff(data: bytes, known: Format, pixel_limit: int) -> tuple[Samples, Metadata]:
    whole, data = data, tiff.first_page(data)
    check_frames(several=tiff.has_more_pages(whole))
    tags = tiff.read_directory(data)
    layout = tiff.read_layout(tags)
    if layout.bits > high_depth.DEEP and layout.photometric != tiff.SEPARATED:
        check_size(layout.height, layout.width, pixel_limit=pixel_limit)
        samples = high_depth.read_tiff(data, layout)
    else:
        samples = read_samples(open_picture(data, known, pixel_limit=pixel_limit))
    return samples, tiff.read_metadata(whole, tags, layout)


def _read_avif(data: bytes, known: Format, pixel_limit: int) -> tuple[Samples, Metadata]:
    image = open_picture(data, known, pixel_limit=pixel_limit)
    deep = high_depth.is_deep_avif(data)
    samples = high_depth.read_avif(data) if deep else read_samples(image)
    metadata, orientation = read_metadata(image, data)
    if not metadata.icc_profile:
        metadata = replace(metadata, color_chunks=high_depth.avif_color_chunk(data))
    return turn_upright(samples, orientation), metadata


def _read_heif(data: bytes, _: Format, pixel_limit: int) -> tuple[Samples, Metadata]:
    image = heif.open_heif(data, pixel_limit=pixel_limit)
    return heif.read_samples(image), heif.read_metadata(image, data)


def _read_jxl(data: bytes, _: Format, pixel_limit: int) -> tuple[Samples, Metadata]:
    return jxl.read(data, pixel_limit=pixel_limit)


def _read_raw(data: bytes, _: Format, pixel_limit: int) -> tuple[Samples, Metadata]:
    return raw.read(data, pixel_limit=pixel_limit)


_READERS: dict[Format, Callable[[bytes, Format, int], tuple[Samples, Metadata]]] = {
    PNG: _read_png,
    GIF: _read_gif,
    BMP: _read_bmp,
    TIFF: _read_tiff,
    AVIF: _read_avif,
    HEIF: _read_heif,
    JXL: _read_jxl,
    RAW: _read_raw,
}
