"""TIFF files of any number of channels, through decoders that know only a few numbers of them.

A sample is the same whatever the directory calls its channel: interleaved channels are decoded as
one grey picture that is as many times as wide, and channels that are stored apart one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from PIL import ExifTags

from srcli.images.codecs import tiff
from srcli.images.decode_errors import UnsupportedImage
from srcli.images.metadata import ifd
from srcli.images.metadata.ifd import Entry
from srcli.images.picture.samples import Samples

Tag = ExifTags.Base

Decode = Callable[[bytes], Samples]
"""Decode a TIFF file of one channel to samples (H, W, 1)."""

_PACKING = (Tag.Compression, Tag.FillOrder, tiff.JPEG_TABLES)
"""How samples are packed, whatever the number of their channels."""
_PARTS = (Tag.StripOffsets, Tag.StripByteCounts, tiff.TILE_OFFSETS, tiff.TILE_COUNTS)
_PREDICTING = {5, 8, 32946, 34925, 50000}
"""Compressions that heed a predictor: LZW, Deflate by either number, LZMA, Zstandard."""


def read(data: bytes, layout: tiff.Layout, decode: Decode) -> Samples:
    """Decode the first picture of a file to samples (H, W, C) as they are stored, not upright.

    Args:
        data: the file.
        layout: what its tags say.
        decode: called for each file of one channel that is made of it.

    Raises:
        UnsupportedImage: its samples were predicted in a rare way.

    """
    told = ifd.read(data, ifd.first(data)).entries
    if layout.apart:
        planes = range(layout.channels)
        return np.concatenate(
            [decode(_gray_file(data, layout, told, plane=plane)) for plane in planes], axis=2
        )
    decoded = decode(_gray_file(data, layout, told))
    samples = decoded.reshape(layout.height, layout.width, layout.channels)
    if not _is_predicted(layout, told, ifd.byte_order(data)):
        return samples
    return _summed(samples, layout)


def _gray_file(
    data: bytes, layout: tiff.Layout, told: Mapping[int, Entry], *, plane: int | None = None
) -> bytes:
    """Return the file described as grey and upright: one plane of it, or all channels in a row."""
    order = ifd.byte_order(data)
    times = layout.channels if plane is None else 1
    height, width = layout.part
    tiled = tiff.TILE_OFFSETS in told
    changed = {
        Tag.ImageWidth: layout.width * times,
        Tag.ImageLength: layout.height,
        Tag.BitsPerSample: layout.bits,
        Tag.PhotometricInterpretation: tiff.BLACK_IS_ZERO,
        Tag.SamplesPerPixel: 1,
        Tag.SampleFormat: layout.sample_format,
        **({tiff.TILE_HEIGHT: height, tiff.TILE_WIDTH: width * times} if tiled else {}),
        **({} if tiled else {Tag.RowsPerStrip: height}),
        **({} if plane is None else {Tag.Predictor: layout.predictor}),
    }
    entries = [ifd.numbers(tag, (value,), order) for tag, value in changed.items()]
    entries += [told[tag] for tag in _PACKING if tag in told]
    own = slice(None) if plane is None else slice(plane * layout.parts, (plane + 1) * layout.parts)
    for tag in _PARTS:
        if tag in told:
            entries.append(ifd.numbers(tag, told[tag].integers(order)[own], order))
    return tiff.with_directory(data, entries)


def _is_predicted(layout: tiff.Layout, told: Mapping[int, Entry], order: str) -> bool:
    packing = told[Tag.Compression].integers(order) if Tag.Compression in told else ()
    return layout.predictor != tiff.NO_PREDICTOR and not _PREDICTING.isdisjoint(packing)


def _summed(samples: Samples, layout: tiff.Layout) -> Samples:
    """Undo a prediction, in which each channel of a pixel is less its left neighbour in the part.

    Raises:
        UnsupportedImage: it was another prediction.

    """
    if layout.predictor != tiff.HORIZONTAL_DIFFERENCES or samples.dtype.kind == "f":
        message = "is a TIFF file with a predictor that is not supported"
        raise UnsupportedImage(message, hint="Save it without a predictor.")
    step, summed = layout.part[1], np.empty_like(samples)
    for left in range(0, layout.width, step):
        own = np.s_[:, left : left + step]
        np.add.accumulate(samples[own], axis=1, out=summed[own])
    return summed
