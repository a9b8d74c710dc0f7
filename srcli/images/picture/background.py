"""Put transparent pictures on a colour."""

from __future__ import annotations

from dataclasses import replace

import torch
from PIL import ImageColor

from srcli.errors import UsageError
from srcli.images.codecs import png
from srcli.images.decode_errors import UnsupportedImage
from srcli.images.metadata.color_profile import Color, from_srgb
from srcli.images.metadata.color_signals import stored_color
from srcli.images.picture.photo import Metadata, Photo
from srcli.pixels.levels import from_levels

_PEAK = 255


def parse_color(text: str) -> Color:
    """Parse ``white``, ``#ff8800`` or ``rgb(255, 136, 0)``.

    Raises:
        UsageError: it is no colour, or a transparent one.

    """
    try:
        levels: tuple[int, ...] = ImageColor.getrgb(text)
    except ValueError:
        levels = ()
    if len(levels) != 3:  # noqa: PLR2004 - red, green, blue
        message = f"{text!r} is not a colour."
        raise UsageError(message, hint="Write white, or #ff8800.")
    red, green, blue = levels
    return red, green, blue


def flatten(photo: Photo, color: Color) -> Photo:
    """Lay a picture over an sRGB colour, as if both were painted; opaque pictures stay the same.

    A grey picture becomes one of colour if ``color`` is not grey, unless its profile is.

    Raises:
        UnsupportedImage: chunks or codes in the file tell a colour space that is not known here.

    """
    if photo.alpha is None:
        return photo
    levels = _stored(photo.metadata, color)
    below = torch.tensor(levels, dtype=torch.float32).view(1, 3, 1, 1)
    alpha = from_levels(photo.alpha)
    pixels = from_levels(photo.pixels) * alpha + below * (1 - alpha)
    return replace(photo, pixels=pixels, alpha=None, gray=photo.gray and _is_gray(levels))


def _stored(metadata: Metadata, color: Color) -> tuple[float, float, float]:
    """The colour as the picture stores it, in [0, 1]."""
    if not png.tells_srgb(metadata):
        told = stored_color(color, metadata.color_chunks)
        if told is None:
            message = "is in a colour space in which the background's colour is not known"
            raise UnsupportedImage(
                message, hint="Leave out --background, or save the picture as sRGB."
            )
        return told
    profile = metadata.icc_profile
    red, green, blue = from_srgb(color, profile) if profile else color
    return red / _PEAK, green / _PEAK, blue / _PEAK


def _is_gray(levels: tuple[float, float, float]) -> bool:
    return max(levels) - min(levels) < 1 / (2 * _PEAK)
