"""Enlarge a decoded picture as it was chosen: its colours, and its alpha channel on its own."""

from __future__ import annotations

import logging

from torch import Tensor

from srcli.engine.host import give_memory_back
from srcli.engine.joining import RegionSink, WholeImage
from srcli.engine.network_runner import NetworkRunner
from srcli.engine.progress import Progress
from srcli.images.picture.alpha import within_neighbours
from srcli.images.picture.animation import Picture, each
from srcli.images.picture.photo import Photo
from srcli.images.picture.samples import RGB, ImageBuilder, grey_of
from srcli.pipeline.choose import Choice
from srcli.pipeline.loaded_models import LoadedModels
from srcli.pipeline.target_size import TargetSize
from srcli.pipeline.unfinished import Unfinished, resumable, unfinished
from srcli.pixels.guard import guard_range
from srcli.pixels.region import Region
from srcli.pixels.resize import MIRRORED, Borders

logger = logging.getLogger(__name__)


def enlarge_picture(
    picture: Picture, target: TargetSize, models: LoadedModels, choice: Choice, progress: Progress
) -> tuple[Picture, Unfinished | None]:
    """Enlarge a photo, or every frame of an animation.

    Returns:
        The result, and the files that hold it, which are to be removed once it is written.

    """
    chosen = models.chosen(choice)
    before, after = (picture.height, picture.width), (target.height, target.width)
    passes = chosen.runner.plan_passes(before, after, target.ratio)
    way = chosen.describe(passes) or "as it is"
    logger.info("%dx%d to %dx%d: %s", *reversed(before), *reversed(after), way)
    if isinstance(picture, Photo):
        kept = unfinished(picture, passes, chosen, choice)
        with resumable(kept):
            result = enlarge_photo(picture, target, chosen.runner, choice, progress, kept)
        if kept:
            give_memory_back()
        return result, kept
    return each(
        picture, lambda photo: enlarge_photo(photo, target, chosen.runner, choice, progress)
    ), None


def enlarge_photo(  # noqa: PLR0913, PLR0917 - what makes one photo
    photo: Photo,
    target: TargetSize,
    runner: NetworkRunner,
    choice: Choice,
    progress: Progress,
    kept: Unfinished | None = None,
) -> Photo:
    """Enlarge the colours and the alpha channel; everything else is kept.

    The rows of the result are held by ``kept``, or in memory if that is None. Opacity is made
    first, so that a row is finished as soon as it has its colours. It stays as it is where the
    size does: it is no photo to be restored. Otherwise it stays between the values around it, so
    that edges do not overshoot.
    """
    size = target.height, target.width
    passes = runner.plan_passes((photo.height, photo.width), size, target.ratio)
    build, hold = (kept.builder, kept.image) if kept else (ImageBuilder, WholeImage)

    def opacity(before: Tensor) -> Tensor:
        first = before[..., :1, :1]
        if bool((before == first).all()):
            return first.expand(-1, -1, *size)
        plane = build(Photo(pixels=before, gray=True, bits=photo.bits), size)
        within = within_neighbours(before, size, runner.borders)
        runner.run_into(
            before.expand(-1, RGB, -1, -1),
            passes if size != (photo.height, photo.width) else (),
            lambda region, window: plane.paint(region, within(region, grey_of(window))),
            progress,
            done=plane.done,
            hold=hold,
        )
        return plane.photo().pixels[:, :1]

    painting = build(photo, size, None if photo.alpha is None else opacity(photo.alpha))
    sink = guarded(painting.paint, photo.pixels, size, choice, runner.borders)
    runner.run_into(photo.pixels, passes, sink, progress, done=painting.done, hold=hold)
    return painting.photo()


def guarded(
    sink: RegionSink,
    source: Tensor,
    size: tuple[int, int],
    choice: Choice,
    borders: Borders = MIRRORED,
) -> RegionSink:
    """Return what guards windows of a result, if that was chosen, and passes them on to ``sink``.

    Args:
        sink: receives RGB (1, 3, h, w), not clamped.
        source: RGB (1, 3, H, W) that was enlarged, levels or floating point.
        size: (height, width) of the whole result.
        choice: tells whether the result is guarded.
        borders: how the source goes on outside.

    """
    if not choice.guard or size[0] < source.shape[2] or size[1] < source.shape[3]:
        return sink

    def guard(region: Region, window: Tensor) -> None:
        sink(region, guard_range(window, source, size, region, borders))

    return guard
