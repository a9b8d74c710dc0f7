"""Put transparent pictures on a colour."""

from __future__ import annotations

from dataclasses import replace

import torch
from PIL import ImageColor

from srcli.errors import UsageError
from srcli.images.color_profile import Color, from_srgb
from srcli.images.photo import Photo
from srcli.pixels.levels import from_levels


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
        message = f"{text!r} is not a colour"
        raise UsageError(message, hint="Write white, or #ff8800.")
    red, green, blue = levels
    return red, green, blue


def flatten(photo: Photo, color: Color) -> Photo:
    """Lay a picture over an sRGB colour, as if both were painted; opaque pictures stay the same.

    A grey picture becomes one of colour if ``color`` is not grey, unless its profile is.
    """
    if photo.alpha is None:
        return photo
    profile = photo.metadata.icc_profile
    levels = from_srgb(color, profile) if profile else color
    below = torch.tensor(levels, dtype=torch.float32).view(1, 3, 1, 1) / 255
    alpha = from_levels(photo.alpha)
    pixels = from_levels(photo.pixels) * alpha + below * (1 - alpha)
    return replace(photo, pixels=pixels, alpha=None, gray=photo.gray and len(set(levels)) == 1)
