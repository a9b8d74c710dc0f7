"""Read a picture file, with nothing lost that a file can hold."""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from srcli.errors import UnreadableImage
from srcli.images import heif, high_depth, tiff, webp
from srcli.images.animation import Picture
from srcli.images.animation_files import open_animation, read_animation
from srcli.images.eight_bit import open_picture, read_metadata, read_samples
from srcli.images.formats import (
    AVIF,
    HEIF,
    PNG,
    SIGNATURE_LENGTH,
    TIFF,
    WEBP,
    Format,
    readable_names,
    sniff,
)
from srcli.images.inspection import sound_content
from srcli.images.photo import Metadata, Photo
from srcli.images.png import PngHeader, for_pillow, read_header
from srcli.images.refusal import check_frames, check_size, pillow_rules, reading, refusals
from srcli.images.rules import DEFAULT_RULES, ReadRules, Warn, log_warning
from srcli.images.samples import Samples, to_photo, turn_upright
from srcli.images.silence import silent_libtiff
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
    sRGB of 8 bits. A channel that a TIFF file marks as unspecified is no part of the picture
    and is left out, as are the previews inside a JPEG or HEIF file.

    Raises:
        UnreadableImage: as ``read_photo``.

    """
    known = _recognise(data, name)
    with _decoding(name, known, rules):
        content = sound_content(data, known, name=name, rules=rules, warn=warn)
        return _decode(content, known, rules)


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
        image = open_animation(content, known, pixel_limit=rules.pixel_limit)
        if image and known is PNG:
            header = read_header(content)
            animation = read_animation(image)
            return replace(animation, metadata=_with_chunks(animation.metadata, header))
        if image:
            animation = read_animation(image)
            return replace(animation, metadata=_with_coding(animation.metadata, content, known))
        return _decode(content, known, rules)


@contextmanager
def _decoding(name: str, known: Format, rules: ReadRules) -> Iterator[None]:
    """Turn failures into ``UnreadableImage``, and let Pillow decode by the rules."""
    with (
        refusals(name, known.name),
        pillow_rules(pixel_limit=rules.pixel_limit, allow_damaged=rules.allow_damaged),
        silent_libtiff(),
    ):
        yield


def _decode(content: bytes, known: Format, rules: ReadRules) -> Photo:
    reader = _READERS.get(known, _read_plain)
    samples, metadata = reader(content, known, rules.pixel_limit)
    return to_photo(samples, metadata, source_format=known.name)


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


def _recognise(head: bytes, name: str) -> Format:
    if not head:
        message = f"{name} is empty"
        raise UnreadableImage(message)
    known = sniff(head)
    if known is None:
        message = f"{name} is not a picture in a known format"
        raise UnreadableImage(message, hint=f"The formats read are {readable_names()}.")
    if not known.readable:
        message = f"{name} is a {known.name} file, which an extra package reads"
        raise UnreadableImage(message, hint=known.remedy)
    return known


def _read_plain(data: bytes, known: Format, pixel_limit: int) -> tuple[Samples, Metadata]:
    image = open_picture(data, known, pixel_limit=pixel_limit)
    samples = read_samples(image)
    metadata, orientation = read_metadata(image)
    return turn_upright(samples, orientation), _with_coding(metadata, data, known)


def _with_coding(metadata: Metadata, data: bytes, known: Format) -> Metadata:
    return replace(metadata, lossless=known is WEBP and webp.is_lossless(data))


def _read_png(data: bytes, known: Format, pixel_limit: int) -> tuple[Samples, Metadata]:
    image = open_picture(for_pillow(data), known, pixel_limit=pixel_limit)
    header = read_header(data)
    if header.depth > high_depth.DEEP:
        check = np.asarray(image)
        samples = high_depth.read_png(data, channels=header.channels, check=check)
    else:
        samples = read_samples(image)
    if header.color_key:
        samples = _with_color_key(samples, header.color_key)
    metadata, orientation = read_metadata(image)
    return turn_upright(samples, orientation), _with_chunks(metadata, header)


def _with_chunks(metadata: Metadata, header: PngHeader) -> Metadata:
    return replace(metadata, color_chunks=header.color_chunks, text_chunks=header.text_chunks)


def _with_color_key(samples: Samples, key: tuple[int, ...]) -> Samples:
    """Samples with alpha where any pixel has the colour that stands for transparency."""
    opaque = (samples != key).any(axis=2, keepdims=True)
    if opaque.all():
        return samples
    alpha = opaque.astype(samples.dtype) * np.iinfo(samples.dtype).max
    return np.concatenate([samples, alpha], axis=2)


def _read_tiff(data: bytes, known: Format, pixel_limit: int) -> tuple[Samples, Metadata]:
    tags = tiff.read_directory(data)
    layout = tiff.read_layout(tags)
    if layout.bits > high_depth.DEEP and layout.photometric != tiff.SEPARATED:
        check_size(layout.height, layout.width, pixel_limit=pixel_limit)
        check_frames(several=tiff.has_more_pages(tags))
        samples = high_depth.read_tiff(data, layout)
    else:
        samples = read_samples(open_picture(data, known, pixel_limit=pixel_limit))
    return samples, tiff.read_metadata(tags, layout)


def _read_avif(data: bytes, known: Format, pixel_limit: int) -> tuple[Samples, Metadata]:
    image = open_picture(data, known, pixel_limit=pixel_limit)
    deep = high_depth.is_deep_avif(data)
    samples = high_depth.read_avif(data) if deep else read_samples(image)
    metadata, orientation = read_metadata(image)
    if not metadata.icc_profile:
        metadata = replace(metadata, color_chunks=high_depth.avif_color_chunk(data))
    return turn_upright(samples, orientation), metadata


def _read_heif(data: bytes, _: Format, pixel_limit: int) -> tuple[Samples, Metadata]:
    image = heif.open_heif(data, pixel_limit=pixel_limit)
    return heif.read_samples(image), heif.read_metadata(image)


_READERS: dict[Format, Callable[[bytes, Format, int], tuple[Samples, Metadata]]] = {
    PNG: _read_png,
    TIFF: _read_tiff,
    AVIF: _read_avif,
    HEIF: _read_heif,
}
