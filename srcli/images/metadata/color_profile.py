"""From the colour spaces of print to sRGB, and from sRGB to that of a picture."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image, ImageCms

Color = tuple[int, int, int]
"""Red, green and blue, 0 to 255."""

_MODES = {"GRAY": "L", "RGB": "RGB"}
_SAMPLED = np.ascontiguousarray(
    17 * np.indices((16,) * 3, np.uint8).reshape(3, 1, -1).transpose(1, 2, 0)
)
"""Colours, 16 levels of each channel, that two profiles are compared by."""


def to_srgb(image: Image.Image) -> Image.Image:
    """Convert a CMYK or CIE L*a*b* picture to sRGB, 8 bits.

    CMYK goes through the profile in the file, relative to the white of the paper with black
    point compensation, as print software does by default; without a usable profile, by
    Pillow's device formula. The result needs no profile.
    """
    if image.mode == "LAB":
        return _convert(image, ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")))
    profile = image.info.get("icc_profile")
    if profile:
        try:
            return _convert(image, ImageCms.ImageCmsProfile(io.BytesIO(profile)))
        except (OSError, ImageCms.PyCMSError):
            pass  # broken, or not a profile of CMYK
    return image.convert("RGB")


def from_srgb(color: Color, profile: bytes) -> Color:
    """Return an sRGB colour as a picture with ``profile`` stores it.

    A profile of greys makes it grey. A profile that is broken, or of neither greys nor RGB,
    leaves it as it is.
    """
    try:
        target = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        mode = _MODES[target.profile.xcolor_space.strip()]
        pixel = ImageCms.profileToProfile(
            Image.new("RGB", (1, 1), color), ImageCms.createProfile("sRGB"), target, outputMode=mode
        )
    except (OSError, ImageCms.PyCMSError, KeyError):
        return color
    red, green, blue = np.asarray(pixel.convert("RGB") if pixel else color).flatten().tolist()
    return red, green, blue


def is_srgb(profile: bytes) -> bool:
    """Tell whether a profile of RGB or grey means what sRGB means, to one level of eight bits."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        mode = _MODES[source.profile.xcolor_space.strip()]
        given = Image.fromarray(_SAMPLED).convert(mode)
        seen = ImageCms.profileToProfile(
            given, source, ImageCms.createProfile("sRGB"), outputMode="RGB"
        )
    except (OSError, ImageCms.PyCMSError, KeyError):
        return False
    meant = np.asarray(given.convert("RGB")).astype(int)
    return seen is not None and bool(np.abs(np.asarray(seen) - meant).max() <= 1)


def _convert(image: Image.Image, source: ImageCms.ImageCmsProfile) -> Image.Image:
    transform = ImageCms.buildTransform(
        source,
        ImageCms.createProfile("sRGB"),
        image.mode,
        "RGB",
        renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
        flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
    )
    return transform.apply(image)
