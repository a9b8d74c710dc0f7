"""Which model a picture of a request gets."""

from __future__ import annotations

from dataclasses import replace

from srcli.batch.plan import Planned
from srcli.errors import ImageError
from srcli.images.decode import decode_picture
from srcli.images.picture.animation import Picture, photos
from srcli.images.probe import Head, read_content, read_head
from srcli.pipeline.choose import MODELS, Choice, choose
from srcli.pipeline.inspection import inspect
from srcli.pipeline.target_size import TargetSize
from srcli.usecases.equipment import Equipment
from srcli.usecases.upscale_request import UpscaleRequest


def choose_for(
    picture: Picture,
    target: TargetSize,
    head: Head | None,
    equipment: Equipment,
    *,
    guard: bool | None = None,
) -> Choice:
    """Choose how a picture is enlarged, from its pixels where ``auto`` was asked for.

    The first frame of an animation decides for all, so that it does not flicker.

    Args:
        picture: as it was read.
        target: its size to be.
        head: of its file; None if it comes from none.
        equipment: of the request.
        guard: what was asked for; None for as it is chosen.

    """
    larger = target.height > picture.height or target.width > picture.width
    if not equipment.chooses:
        choice = Choice(model=equipment.model)
    elif not larger:
        choice = Choice(model=MODELS[0])
    else:
        quality = head.jpeg_quality if head else None
        choice = choose(inspect(next(photos(picture)), jpeg_quality=quality))
    return choice if guard is None else replace(choice, guard=guard)


def with_choice(planned: Planned, request: UpscaleRequest, equipment: Equipment) -> Planned:
    """Add the network of each pass to a plan; with ``auto`` the picture is decoded to choose it."""
    if planned.cost is None or planned.size is None:
        return planned
    if not equipment.chooses or planned.action != "make":
        return replace(planned, way=equipment.describe(planned.cost.passes))
    name = str(planned.job.source.path)
    try:
        content, _ = read_content(planned.job.source.path)
        head = read_head(content, name=name, rules=request.rules)
        picture = decode_picture(content, name=name, rules=request.rules)
    except ImageError as error:
        return Planned(job=planned.job, action="fail", error=error)
    target = request.size.resolve(*head.size)
    choice = choose_for(picture, target, head, equipment, guard=request.guard)
    way = equipment.chosen(choice).describe(planned.cost.passes)
    return replace(planned, way=way, choice=choice)
