"""What will be done about a picture, decided before it is decoded."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from srcli.engine.memory import check_fits, working_bytes
from srcli.engine.recursion import Pass
from srcli.images.probe import ImageInfo, probe_image
from srcli.pipeline.loaded_models import LoadedModels
from srcli.pipeline.output_spec import OutputSpec
from srcli.pipeline.target_size import Size, TargetSize, WhenLarge
from srcli.weights.providers.cache import cache_folder

Action = Literal["make", "copy", "skip"]
LARGE = 2**24
"""Pixels of a result from which on it is kept in files while it is made."""
BYTES_PER_HELD_PIXEL = 12
"""A source or a result takes this much: 8-bit samples with alpha, and what codecs add."""
SHARE_IN_FILES = 3 / 4
"""What is kept in files takes at most this part of what it would take in memory. Only 16 bits with
alpha may take more."""
BYTES_PER_FRAME_PIXEL = 4
"""Each frame of an animation takes this much, held at 8 bits per sample."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Probed:
    """A picture file before it is decoded.

    Attributes:
        content: the file.
        name: what messages call it.
        info: what its head says.
        target: the size that was asked for.
        action: what is to be done.
        memory: bytes of host memory that this takes.
        kept: bytes that it takes beside these, unless they are kept in files: those of a large
            result and of what its passes make for each other; 0 if it is small.

    """

    content: bytes
    name: str
    info: ImageInfo
    target: TargetSize
    action: Action
    memory: int
    kept: int = 0

    @property
    def size(self) -> Size:
        """Height and width of the result."""
        made = self.action == "make"
        return (self.target.height, self.target.width) if made else self.info.size

    def check_memory(self, *, whole: bool) -> None:
        """Refuse a result that can be held neither in memory nor in files.

        Args:
            whole: the result has to stand in memory, even if it is large.

        Raises:
            OutOfMemory: the sizes do not fit.

        """
        whole = whole or not _has_room(int(self.kept * SHARE_IN_FILES))
        check_fits(self.size, self.memory + whole * self.kept, frames=self.info.frames)


def probe(
    content: bytes,
    spec: OutputSpec,
    models: LoadedModels,
    *,
    name: str,
    info: ImageInfo | None = None,
) -> Probed:
    """Find out what a file holds and what is to be done about it; no pixel is decoded.

    Args:
        content: the file.
        spec: what is wanted.
        models: those that may enlarge it; the one that needs most decides on the memory.
        name: what messages call the file.
        info: what the head of the file says, if that is known already.

    Raises:
        UnreadableImage: the file is no picture that is read.

    """
    info = info or probe_image(content, name=name, rules=spec.rules)
    target = spec.resolve(*info.size)
    action = choose_action(info.size, (target.height, target.width), spec.when_large)
    ways: list[Sequence[Pass]] = [()]
    if action == "make":
        size = target.height, target.width
        ways = [one.runner.plan_passes(info.size, size, target.ratio) for one in models.each()]
    memory = max(memory_needed(info.size, way, frames=info.frames) for way in ways)
    kept = max(bytes_kept(info.size, way, frames=info.frames) for way in ways)
    return Probed(
        content=content,
        name=name,
        info=info,
        target=target,
        action=action,
        memory=memory - kept,
        kept=kept,
    )


def choose_action(source: Size, target: Size, when_large: WhenLarge) -> Action:
    """Say what becomes of a picture, given its size and the size asked for."""
    large = target[0] <= source[0] and target[1] <= source[1]
    if when_large == "shrink" or not large:
        return "make"
    return when_large


def is_large(height: int, width: int) -> bool:
    """Tell whether a result is kept in files while it is made."""
    return height * width >= LARGE


def _has_room(needed: int) -> bool:
    """Tell whether the disk of unfinished results has room for so many bytes."""
    folder = unfinished_folder()
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return needed == 0 or shutil.disk_usage(folder).free >= needed


def unfinished_folder() -> Path:
    """Return the folder of large results that are being made; it need not exist.

    Raises:
        UsageError: the tool's own folder is that of a user who is not known.

    """
    return cache_folder() / "unfinished"


def bytes_kept(source: Size, passes: Sequence[Pass], *, frames: int = 1) -> int:
    """Return which part of ``memory_needed`` is kept in files, if it can be."""
    if not passes or frames > 1 or not is_large(*passes[-1].size):
        return 0
    whole = memory_needed(source, passes)
    return whole - BYTES_PER_HELD_PIXEL * source[0] * source[1]


def memory_needed(source: Size, passes: Sequence[Pass], *, frames: int = 1) -> int:
    """Return the bytes of host memory that a picture takes if all of it stands there.

    Without passes, it is copied.
    """
    result = passes[-1].size if passes else source
    pixels = source[0] * source[1] + result[0] * result[1]
    held = BYTES_PER_FRAME_PIXEL * frames if frames > 1 else 0
    return (BYTES_PER_HELD_PIXEL + held) * pixels + working_bytes(passes)
