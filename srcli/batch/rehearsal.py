"""Find out that a result cannot be written before it is made, not after."""

from __future__ import annotations

import os
from dataclasses import replace

from srcli.batch.outcome import Size
from srcli.errors import UnwritableImage
from srcli.images.encode import encode_photo, writable_format
from srcli.images.naming import Job
from srcli.images.photo import Photo


def rehearse(job: Job, photo: Photo, size: Size) -> None:
    """Refuse a result that could not be written.

    The nearest folder that is there must allow writing; then one pixel of the source,
    its most transparent one, is encoded with all its metadata.

    Raises:
        UnwritableImage: the place is forbidden or read-only, the format is not written, or it
            cannot hold the size, the transparency, the colour profile or the metadata.

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
    if photo.alpha is None and photo.metadata.icc_profile is None:
        return
    row, column = 0, 0
    if photo.alpha is not None:
        row, column = divmod(int(photo.alpha.argmin()), photo.width)
    place = (..., slice(row, row + 1), slice(column, column + 1))
    alpha = None if photo.alpha is None else photo.alpha[place]
    pixel = replace(photo, pixels=photo.pixels[place], alpha=alpha)
    encode_photo(pixel, known, name=str(job.output))
