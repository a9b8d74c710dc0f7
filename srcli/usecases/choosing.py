"""Which model a picture of a request gets."""

from __future__ import annotations

from dataclasses import replace

from srcli.batch.target import TargetSize
from srcli.images.animation import Picture, photos
from srcli.pipeline.choose import MODELS, Choice, choose
from srcli.pipeline.inspection import inspect
from srcli.usecases.equipment import Equipment


def choose_for(
    picture: Picture,
    target: TargetSize,
    equipment: Equipment,
    *,
    guard: bool | None = None,
    jpeg_quality: int | None = None,
) -> Choice:
    """Choose how a picture is enlarged, from its pixels where ``auto`` was asked for.

    The first frame of an animation decides for all, so that it does not flicker.

    Args:
        picture: as it was read.
        target: its size to be.
        equipment: of the request.
        guard: what was asked for; None for as it is chosen.
        jpeg_quality: of the file, 1 to 100; None if it is no JPEG.

    """
    larger = target.height > picture.height or target.width > picture.width
    if not equipment.chooses:
        choice = Choice(model=equipment.model)
    elif not larger:
        choice = Choice(model=MODELS[0])
    else:
        choice = choose(inspect(next(photos(picture)), jpeg_quality=jpeg_quality))
    return choice if guard is None else replace(choice, guard=guard)
