"""What one picture will take, before any of it is done."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from srcli.batch.ledger import Verdict
from srcli.batch.naming import Job
from srcli.batch.outcome import Size
from srcli.batch.rehearsal import check_output
from srcli.engine.memory import check_fits, working_bytes
from srcli.engine.recursion import Pass, plan_passes
from srcli.engine.tiling import TiledTraits, plan_tiles
from srcli.errors import ImageError, ResourceError
from srcli.images.formats import by_suffix
from srcli.images.output_options import Finish
from srcli.images.picture.alpha import HiddenColors
from srcli.images.probe import Head, read_content, read_head
from srcli.images.read_rules import DEFAULT_RULES, ReadRules
from srcli.pipeline.choose import Choice
from srcli.pipeline.target_size import Resolve, TargetSize, WhenLarge
from srcli.pixels.resize import MIRRORED, Borders

Action = Literal["make", "copy", "skip", "fail"]
LARGE_ENOUGH = "large enough already"
BYTES_PER_HELD_PIXEL = 12
"""Of a source and of a result: 8-bit samples with alpha, and what decoders and encoders add."""
BYTES_PER_FRAME_PIXEL = 4
"""Of animations, whose frames are held at 8 bits per sample before and after."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is wanted of every picture of a batch.

    Attributes:
        resolve: its size.
        when_large: what becomes of one that has that size already.
        finish: what is left out of it.
        borders: which of them meet.
        hidden: what becomes of colours under fully transparent pixels.
        rules: what is read.

    """

    resolve: Resolve
    when_large: WhenLarge = "shrink"
    finish: Finish = field(default_factory=Finish)
    borders: Borders = MIRRORED
    hidden: HiddenColors = "bleed"
    rules: ReadRules = DEFAULT_RULES


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What making a picture takes.

    Attributes:
        passes: runs over the whole picture, those without a network included.
        tiles: runs of a network, over all passes.
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
    action: Action
    source_size: Size | None = None
    size: Size | None = None
    cost: Cost | None = None
    way: str = ""
    choice: Choice | None = None
    note: str = ""
    error: ImageError | ResourceError | None = None


def choose_action(source: Size, target: Size, when_large: WhenLarge) -> Action:
    """Say what becomes of a picture, given its size and the size asked for."""
    large = target[0] <= source[0] and target[1] <= source[1]
    if when_large == "shrink" or not large:
        return "make"
    return when_large


def memory_needed(source: Size, passes: Sequence[Pass], *, frames: int = 1) -> int:
    """Return the bytes of host memory that a picture takes while it is made or, of none, copied."""
    pixels = _area(source) + _area(passes[-1].size if passes else source)
    held = BYTES_PER_FRAME_PIXEL * frames if frames > 1 else 0
    return (BYTES_PER_HELD_PIXEL + held) * pixels + working_bytes(passes)


def check_memory(source: Size, passes: Sequence[Pass], *, frames: int) -> None:
    """Refuse a result that cannot be held in memory, before any work.

    Raises:
        OutOfMemory: with the sizes.

    """
    size = passes[-1].size if passes else source
    check_fits(size, memory_needed(source, passes, frames=frames), frames=frames)


def plan_way(source: Size, target: TargetSize, networks: Sequence[TiledTraits]) -> tuple[Pass, ...]:
    """Return the passes that lead a picture to its size."""
    size = target.height, target.width
    return plan_passes(source, size, target.ratio, *(one.traits for one in networks))


def estimate_cost(
    head: Head, passes: tuple[Pass, ...], networks: Sequence[TiledTraits], *, disk: int
) -> Cost:
    """Return what making a picture takes with ``networks``; ``disk`` is known."""
    return Cost(
        passes=passes,
        tiles=_count_tiles(passes, head.size, {one.traits.scale: one for one in networks})
        * head.frames,
        memory=memory_needed(head.size, passes, frames=head.frames),
        disk=disk,
    )


def estimate_disk(job: Job, source: Size, target: Size, *, source_bytes: int) -> int:
    """Return about how many bytes a result takes: see ``Cost``."""
    known = by_suffix(job.output)
    pixels = _area(target)
    like_source = round(source_bytes * pixels / _area(source))
    lossless = known is None or known.name not in {"JPEG", "WEBP", "AVIF", "GIF", "JXL"}
    return max(like_source, 3 * pixels) if lossless else like_source


def plan_picture(
    job: Job, verdict: Callable[[Job], Verdict], wish: Wish, networks: Sequence[TiledTraits]
) -> Planned:
    """Say what a run would do about one picture; only the head of its file is decoded.

    Args:
        job: the picture.
        verdict: says whether it is to be made, as ``ManifestView.claim``.
        wish: what is wanted of every picture.
        networks: the one asked for, and then those that may help it.

    """
    try:
        content, _ = read_content(job.source.path)
        head = read_head(content, name=str(job.source.path), rules=wish.rules)
        size = head.size
        found = verdict(job)
        if found is Verdict.DONE:
            return Planned(job=job, action="skip", source_size=size, note=found.value)
        target = wish.resolve(*size)
        wanted = target.height, target.width
        action = choose_action(size, wanted, wish.when_large)
        if action == "skip":
            return Planned(job=job, action="skip", source_size=size, note=LARGE_ENOUGH)
        if action == "copy":
            check_output(job, size, frames=head.frames)
            cost = Cost(passes=(), tiles=0, memory=0, disk=len(content))
            return Planned(job=job, action="copy", source_size=size, size=size, cost=cost)
        check_output(job, wanted, frames=head.frames)
        passes = plan_way(size, target, networks)
        check_memory(size, passes, frames=head.frames)
        disk = estimate_disk(job, size, wanted, source_bytes=len(content))
        cost = estimate_cost(head, passes, networks, disk=disk)
    except (ImageError, ResourceError) as error:
        return Planned(job=job, action="fail", error=error)
    return Planned(job=job, action="make", source_size=size, size=wanted, cost=cost)


def _area(size: Size) -> int:
    return size[0] * size[1]


def _count_tiles(
    passes: tuple[Pass, ...], size: Size, networks: Mapping[int | None, TiledTraits]
) -> int:
    count = 0
    for step in passes:
        if not step.resample:
            rows, columns = step.size if step.scale is None else size
            network = networks[step.scale].at(step.ratio)
            count += _along(rows, network) * _along(columns, network)
        size = step.size
    return count


def _along(length: int, network: TiledTraits) -> int:
    multiple = network.traits.size_multiple
    return len(plan_tiles((length, 1), tile=network.tile, halo=0, multiple=multiple))
