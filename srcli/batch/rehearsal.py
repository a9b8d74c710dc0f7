"""Find out that a result cannot be written before it is made, not after."""

from __future__ import annotations

import os
from dataclasses import replace

from srcli.batch.outcome import Size
from srcli.errors import UnwritableImage
from srcli.images.animation import Animation, Picture
from srcli.images.encode import STILL_HINT, encode_picture, writable_format
from srcli.images.naming import Job
from srcli.images.photo import Photo
from srcli.pixels.levels import from_levels


def rehearse(job: Job, picture: Picture) -> None:
    """Refuse a result that could not be encoded.

    One pixel of the source, its most transparent one, is encoded with all its metadata.

    Raises:
        UnwritableImage: the format cannot hold the transparency, the colour profile, the depth
            or the metadata.

    """
    known, metadata = writable_format(job.output), picture.metadata
    if isinstance(picture, Animation):
        frame = picture.frames[0][:1, :1]
        picture = replace(picture, frames=(frame,), durations=picture.durations[:1])
    elif (picture.alpha, metadata.icc_profile, picture.bits) == (None, None, 8):
        return  # every format holds it
    else:
        picture = _most_transparent_pixel(picture)
    encode_picture(picture, known, name=str(job.output))


def _most_transparent_pixel(photo: Photo) -> Photo:
    row, column = 0, 0
    if photo.alpha is not None:
        row, column = divmod(int(from_levels(photo.alpha).argmin()), photo.width)
    place = (..., slice(row, row + 1), slice(column, column + 1))
    alpha = None if photo.alpha is None else photo.alpha[place]
    return replace(photo, pixels=photo.pixels[place], alpha=alpha)


def check_output(job: Job, size: Size, *, frames: int) -> None:
    """Refuse a result that could not be written, by what is known before it is decoded.

    The nearest folder that is there must allow writing.

    Raises:
        UnwritableImage: the place is forbidden or read-only, the format is not written, or it
            cannot hold the size or an animation.

    """
    folder = next(place for place in job.output.absolute().parents if place.exists())
    if not os.access(folder, os.W_OK):
        msg = f"{job.output} cannot be written: {folder} is read-only"
        raise UnwritableImage(msg, hint="choose another folder")
    known = writable_format(job.output)
    if max(size) > known.longest_side:
        msg = (
            f"{job.output} cannot be written: {size[1]}x{size[0]} pixels is more than "
            f"the {known.longest_side:,} a side of {known.name}"
        )
        raise UnwritableImage(msg, hint="choose PNG or TIFF, or a smaller size")
    if frames > 1 and not known.animates:
        msg = f"{job.output} cannot be written: {known.name} cannot hold an animation"
        raise UnwritableImage(msg, hint=STILL_HINT)
