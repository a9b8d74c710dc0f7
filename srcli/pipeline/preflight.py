"""Check that a result can be encoded and written before the picture is enlarged."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from srcli.errors import UnwritableImage
from srcli.images.encode import STILL_HINT, encode_picture
from srcli.images.formats import GIF, PNG, Format
from srcli.images.picture.animation import Animation, Picture
from srcli.images.picture.photo import Photo
from srcli.images.probe import ImageInfo
from srcli.images.recognition import recognise
from srcli.pixels.levels import from_levels

PLAIN = (None, None, b"", 8)
"""Alpha, profile, color chunks and depth of pictures that every format holds."""


def check_encodable(picture: Picture, known: Format, *, name: str) -> None:
    """Refuse a result that could not be encoded; ``name`` is what messages call it.

    One pixel of the source, its most transparent one, is encoded with all its metadata.

    Raises:
        UnwritableImage: the format cannot hold the transparency, the colours, the depth or the
            metadata.

    """
    metadata = picture.metadata
    if isinstance(picture, Animation):
        frame = picture.frames[0][:1, :1]
        picture = replace(picture, frames=(frame,), durations=picture.durations[:1])
    elif (picture.alpha, metadata.icc_profile, metadata.color_chunks, picture.bits) == PLAIN:
        return
    else:
        picture = _most_transparent_pixel(picture)
    encode_picture(picture, known, name=name)


def _most_transparent_pixel(photo: Photo) -> Photo:
    row, column = 0, 0
    if photo.alpha is not None:
        row, column = divmod(int(from_levels(photo.alpha).argmin()), photo.width)
    place = (..., slice(row, row + 1), slice(column, column + 1))
    alpha = None if photo.alpha is None else photo.alpha[place]
    return replace(photo, pixels=photo.pixels[place], alpha=alpha)


def fitting_format(content: bytes, info: ImageInfo) -> Format:
    """Return the format of a file if it is written without losing colours, else PNG."""
    own = recognise(content)
    fits = own is not GIF or info.frames > 1
    return own if own is not None and own.writable and fits else PNG


def check_place(output: Path) -> None:
    """Refuse a file in a folder, or the nearest one that is there, that does not allow writing.

    Raises:
        UnwritableImage: the place is forbidden or read-only.

    """
    folder = next(place for place in output.absolute().parents if os.path.exists(place))  # noqa: PTH110 - never raises
    if not os.access(folder, os.W_OK):
        msg = f"{output} cannot be written: {folder} is read-only."
        raise UnwritableImage(msg, hint="Choose another folder.")


def check_format(known: Format, size: tuple[int, int], *, frames: int, name: str) -> None:
    """Refuse a result that its format cannot hold, by what is known before it is decoded.

    Raises:
        UnwritableImage: the format cannot hold the size or an animation.

    """
    if max(size) > known.longest_side:
        msg = (
            f"{name} cannot be written: {size[1]}x{size[0]} pixels is more than "
            f"the {known.longest_side:,} a side of {known.name}."
        )
        raise UnwritableImage(msg, hint="Choose PNG or TIFF, or a smaller size.")
    if frames > 1 and not known.animates:
        msg = f"{name} cannot be written: {known.name} cannot hold an animation."
        raise UnwritableImage(msg, hint=STILL_HINT)
