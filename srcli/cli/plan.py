"""``--dry-run``: what would be done, as a table or as events."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from srcli.cli import errors
from srcli.cli.console import data
from srcli.cli.events import emit_plan
from srcli.cli.table import GAP, aligned

if TYPE_CHECKING:
    from srcli.batch.plan import Planned

NOTHING = "-"
HEAD = ("DO", "FROM", "TO", "PASSES", "TILES", "MEMORY", "DISK", "INPUT", "RESULT")


def print_plan(planned: Iterable[Planned], *, json: bool) -> int:
    """Print what would become of each picture and the sums; return the exit code of a run."""
    pictures = []
    for picture in planned:
        pictures.append(picture)
        if json:
            emit_plan(picture)
    if not json:
        for row in aligned([HEAD, *map(_cells, pictures)], ragged=2):  # paths may be long
            data(GAP.join(row).rstrip())
        _print_choices(pictures)
        _print_sums(pictures)
    codes = (picture.error.exit_code for picture in pictures if picture.error)
    return max(codes, default=errors.DONE)


def _cells(picture: Planned) -> tuple[str, ...]:
    cost = picture.cost
    numbers = ("", "", "", "")
    if cost:
        numbers = picture.way or NOTHING, f"{cost.tiles}", _bytes(cost.memory), _bytes(cost.disk)
    reason = picture.error.message if picture.error else picture.note
    return (
        picture.action,
        _sides(picture.source_size),
        _sides(picture.size),
        *numbers,
        str(picture.job.source.path),
        f"({reason})" if reason else str(picture.job.output),
    )


def _print_choices(pictures: Sequence[Planned]) -> None:
    """Print why each model was chosen, where that was not asked for by name."""
    for picture in pictures:
        if picture.choice and picture.choice.reason:
            data(f"{picture.job.source.path}: {picture.choice.summary}")


def _print_sums(pictures: Sequence[Planned]) -> None:
    costs = [picture.cost for picture in pictures if picture.cost]
    actions = [picture.action for picture in pictures]
    data(
        f"{len(pictures)} found: {actions.count('make')} to make, {actions.count('copy')} to copy, "
        f"{actions.count('skip')} to skip, {actions.count('fail')} would fail"
    )
    if costs:
        disk, memory = sum(cost.disk for cost in costs), max(cost.memory for cost in costs)
        outputs = (picture.job.output for picture in pictures if picture.cost)
        places = {_existing(output) for output in outputs if isinstance(output, Path)}
        free = [shutil.disk_usage(place).free for place in places]
        room = f", {_bytes(min(free))} free" if free else ""
        data(
            f"about {_bytes(disk)} of disk needed{room}; {_bytes(memory)} of memory for the largest"
        )


def _existing(path: Path) -> Path:
    """The nearest folder above a path that is there."""
    return next(folder for folder in path.absolute().parents if folder.is_dir())


def _sides(size: tuple[int, int] | None) -> str:
    return f"{size[1]}x{size[0]}" if size else ""


def _bytes(amount: float) -> str:
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 1000:  # noqa: PLR2004 - SI prefixes
            return f"{amount:.0f} {unit}" if unit in {"B", "kB"} else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} TB"
