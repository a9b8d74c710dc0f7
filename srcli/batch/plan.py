"""What one picture will take, before any of it is done."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from srcli.batch.ledger import ClaimResult
from srcli.batch.locations import read_source
from srcli.batch.naming import Job
from srcli.batch.outcome import FAILURES, LARGE_ENOUGH, Failure
from srcli.batch.place import output_of
from srcli.engine.recursion import NetworkKey, Pass
from srcli.engine.tiling import TiledTraits
from srcli.images.encode import is_streamed
from srcli.images.formats import by_suffix
from srcli.images.probe import ImageInfo
from srcli.pipeline.choose import Choice
from srcli.pipeline.preflight import check_format
from srcli.pipeline.probe import Probed, bytes_kept, memory_needed
from srcli.pipeline.run import Pipeline
from srcli.pipeline.target_size import Size

PlannedAction = Literal["make", "copy", "skip", "fail"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What making a picture takes.

    Attributes:
        passes: runs over the whole picture, those without a network included.
        tiles: tiles or panels that a network runs over, in all passes.
        memory: bytes of host memory.
        disk: bytes of the result, estimated: what the source takes a pixel, for the lossless
            formats no less than three bytes a pixel.

    """

    passes: tuple[Pass, ...]
    tiles: int
    memory: int
    disk: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A picture of a dry run: what would become of it, ``note`` or ``error`` saying why.

    Sizes and cost are None where nothing would be made; ``way`` names the network of each pass,
    and ``choice`` says how it would be enlarged, if that is chosen for each picture.
    """

    job: Job
    action: PlannedAction
    source_size: Size | None = None
    size: Size | None = None
    cost: Cost | None = None
    way: str = ""
    choice: Choice | None = None
    note: str = ""
    error: Failure | None = None


def estimate_cost(
    info: ImageInfo,
    passes: tuple[Pass, ...],
    networks: Sequence[TiledTraits],
    *,
    disk: int,
    streamed: bool = False,
) -> Cost:
    """Return what making a picture takes with ``networks``.

    Args:
        info: what the head of its file says.
        passes: that make it.
        networks: that run.
        disk: bytes of the result's file.
        streamed: the format of the result is written without all of it in memory.

    """
    kept = bytes_kept(info.size, passes, frames=info.frames) if streamed else 0
    return Cost(
        passes=passes,
        tiles=_count_tiles(passes, info.size, {one.key: one for one in networks}) * info.frames,
        memory=memory_needed(info.size, passes, frames=info.frames) - kept,
        disk=disk,
    )


def estimate_disk(job: Job, source: Size, target: Size, *, source_bytes: int) -> int:
    """Return about how many bytes a result takes: see ``Cost``."""
    known = by_suffix(job.output)
    pixels = _area(target)
    like_source = round(source_bytes * pixels / _area(source))
    lossless = known is None or known.name not in {"JPEG", "WEBP", "AVIF", "GIF", "JXL"}
    return max(like_source, 3 * pixels) if lossless else like_source


def plan_picture(job: Job, claim: Callable[[Job], ClaimResult], pipeline: Pipeline) -> Planned:
    """Say what a run would do about one picture.

    Only the head of its file is decoded, unless its pixels decide on the model.

    Args:
        job: the picture.
        claim: says whether it is to be made, as ``ManifestView.claim``.
        pipeline: would make it.

    """
    try:
        content, _ = read_source(job.source.path)
        probed = pipeline.probe(content, name=str(job.source.path))
        found = claim(job)
        if found is ClaimResult.DONE:
            note = found.value
            return Planned(job=job, action="skip", source_size=probed.info.size, note=note)
        return _plan(job, probed, pipeline)
    except FAILURES as error:
        return Planned(job=job, action="fail", error=error)


def _plan(job: Job, probed: Probed, pipeline: Pipeline) -> Planned:
    source, size = probed.info.size, probed.size
    if probed.action == "skip":
        return Planned(job=job, action="skip", source_size=source, note=LARGE_ENOUGH)
    output = output_of(job)
    check_format(output.format, size, frames=probed.info.frames, name=output.name)
    if probed.action == "copy":
        cost = Cost(passes=(), tiles=0, memory=0, disk=len(probed.content))
        return Planned(job=job, action="copy", source_size=source, size=size, cost=cost)
    streamed = is_streamed(output.format)
    probed.check_memory(whole=not streamed)
    choice = None
    if pipeline.models.chooses:
        choice = pipeline.choose(pipeline.read(probed, []), probed.target, probed.info)
    models = pipeline.models.chosen(choice) if choice else pipeline.models
    passes = models.runner.plan_passes(source, size, probed.target.ratio)
    disk = estimate_disk(job, source, size, source_bytes=len(probed.content))
    return Planned(
        job=job,
        action="make",
        source_size=source,
        size=size,
        cost=estimate_cost(
            probed.info, passes, models.runner.tiled_traits, disk=disk, streamed=streamed
        ),
        way=models.describe(passes),
        choice=choice,
    )


def _area(size: Size) -> int:
    return size[0] * size[1]


def _count_tiles(
    passes: tuple[Pass, ...], size: Size, networks: Mapping[NetworkKey, TiledTraits]
) -> int:
    count = 0
    for step in passes:
        if step.has_network:
            grid = step.size if step.scale is None else size
            count += networks[step.network].count(grid, step.ratio)
        size = step.size
    return count
