"""TIFF files of CMYK with opacity or other channels beside it, which Pillow does not read."""

from __future__ import annotations

import io

import numpy as np
import torch
from PIL import ExifTags, Image

from srcli.images.codecs import tiff, tiff_channels
from srcli.images.decode_errors import UnsupportedImage, check_size, pillow_rules
from srcli.images.metadata.color_profile import to_srgb
from srcli.images.picture.samples import RGB, RGB_ALPHA, Samples, divide_by_alpha, turn_upright
from srcli.images.read_rules import ReadRules
from srcli.pixels.levels import to_levels

Tag = ExifTags.Base

INKS = 4
_MOST_CHANNELS = 16


def read(data: bytes, tags: Image.Exif, layout: tiff.Layout, *, rules: ReadRules) -> Samples:
    """Decode to sRGB of 8 bits, turned upright: the colours as those of CMYK without alpha.

    The first channel that the file says is opacity becomes alpha; inks that were multiplied by
    it are divided again. The other channels beside the inks are left out.

    Args:
        data: the file.
        tags: its first directory.
        layout: what they say of the samples.
        rules: what is read.

    Returns:
        uint8 (H, W, 3), or (H, W, 4) with alpha.

    Raises:
        UnsupportedImage: it has too many pixels or channels, other inks, or samples of a rare kind.

    """
    check_size(layout.height, layout.width, pixel_limit=rules.pixel_limit)
    _check_layout(layout, tiff.numbers(tags.get(Tag.BitsPerSample)))
    pixel_limit = rules.pixel_limit * layout.channels
    with pillow_rules(pixel_limit=pixel_limit, allow_damaged=rules.allow_damaged):
        samples = tiff_channels.read(data, layout, _decode)
    samples = turn_upright(samples, layout.orientation)
    profile = tags.get(Tag.InterColorProfile)
    if layout.opacity is None:
        return _to_srgb(samples[..., :INKS], profile)
    samples = samples[..., [*range(INKS), INKS + layout.opacity]]
    if layout.extras[layout.opacity] == tiff.PREMULTIPLIED_ALPHA:
        divide_by_alpha(samples)
    result = np.empty((*samples.shape[:2], RGB_ALPHA), np.uint8)
    result[..., :RGB] = _to_srgb(samples[..., :INKS], profile)
    opacity = torch.from_numpy(np.ascontiguousarray(samples[..., INKS]))
    result[..., RGB] = to_levels(opacity, torch.uint8).numpy()
    return result


def _check_layout(layout: tiff.Layout, bits: tuple[int, ...]) -> None:
    inks = layout.channels - len(layout.extras)
    if inks < 0:
        message = "is damaged: it tells of more channels than it has"
        raise UnsupportedImage(message)
    if inks != INKS:
        message = f"is a TIFF file of {inks} inks, where CMYK has {INKS}"
        raise UnsupportedImage(message, hint="Save it as CMYK or RGB.")
    if layout.channels > _MOST_CHANNELS:
        message = f"has {layout.channels} channels, where at most {_MOST_CHANNELS} are read"
        raise UnsupportedImage(message, hint="Save it with colour and opacity alone.")
    if set(bits) not in ({8}, {16}) or layout.sample_format != tiff.UNSIGNED:
        message = "stores samples of CMYK in a way that is not supported"
        raise UnsupportedImage(message, hint="Save it with 8 or 16 bits for each channel.")


def _decode(data: bytes) -> Samples:
    image = Image.open(io.BytesIO(data), formats=("TIFF",))
    samples = np.asarray(image)
    return samples.astype(samples.dtype.newbyteorder("="), copy=False)[..., None]


def _to_srgb(inks: Samples, profile: bytes | None) -> Samples:
    """Convert CMYK (H, W, 4) of 8 or 16 bits, of which Pillow takes the upper half, to sRGB."""
    upper = inks >> 8 if inks.dtype == np.uint16 else inks
    height, width, _ = inks.shape
    image = Image.frombuffer("CMYK", (width, height), upper.astype(np.uint8).tobytes())
    image.info["icc_profile"] = profile
    return np.asarray(to_srgb(image))
