"""The list of models, as a table for each purpose or as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from srcli.cli.console import data
from srcli.cli.events import emit
from srcli.cli.table import GAP, aligned

if TYPE_CHECKING:
    from srcli.management.models import Listed
    from srcli.weights.catalog.card import Score

HEAD = ("MODEL", "SCALE", "MB", "SET5", "KMAC", "TIME", "LICENCE", "WHERE")
NUMBERS = range(2, 6)
"""Columns that are aligned at their right."""
WHOLE_FROM = 9.95
"""Megabytes from which no fraction is told."""
LEGEND = (
    "SET5: PSNR-Y in dB, at that scale. KMAC: thousand multiply-adds for each pixel",
    "of the result. TIME: seconds for a megapixel of it on one processor core, as a",
    "multiple of those of asdn-fast. Empty cells were not measured. pip: part of a",
    "Python package. manual: a file that only you can download.",
)


def print_models(models: Sequence[Listed], *, sentences: bool) -> None:
    """Print one table for each purpose, every cell whole, and what the columns mean.

    Args:
        models: those for one purpose need not be neighbours.
        sentences: whether each model's line is followed by what it is good for.

    """
    from srcli.management.models import PURPOSES

    for purpose, meaning in PURPOSES.items():
        group = [one for one in models if one.model.purpose == purpose]
        if group:
            data(f"{purpose}: {meaning}")
            _print_group(group, sentences=sentences)
            data("")
    for line in LEGEND:
        data(line)


def emit_models(models: Sequence[Listed]) -> None:
    """Print one JSON object a model; what nobody measured is null."""
    for one in models:
        model = one.model
        emit(
            "model",
            id=model.id,
            purpose=model.purpose,
            good_for=model.good_for,
            scale=model.scale,
            licence=model.licence or None,
            author=model.author or None,
            ours=model.is_ours,
            place=one.place,
            file=model.file,
            bytes=model.size or None,
            sha256=model.sha256 or None,
            parameters=model.parameters or None,
            kmacs=model.kmacs or None,
            relative_time=model.relative_time or None,
            scores=[asdict(score) for score in model.scores],
        )


def _print_group(group: Sequence[Listed], *, sentences: bool) -> None:
    rows = aligned([HEAD, *map(_cells, group)], numbers=NUMBERS)
    for row, one in zip(rows, (None, *group), strict=True):
        name, *figures = row[: NUMBERS.stop]
        data(GAP.join((name, " ".join(figures), *row[NUMBERS.stop :])).rstrip())
        if sentences and one and one.model.good_for:
            data(f"    {one.model.good_for}")


def _cells(one: Listed) -> tuple[str, ...]:
    from srcli.management.models import DEFAULT_MODEL

    model = one.model
    return (
        f"{model.id} (default)" if model.id == DEFAULT_MODEL else model.id,
        "any" if model.scale is None else f"x{model.scale}",
        _megabytes(model.size) if model.size else "",
        _first_score(model.scores),
        f"{model.kmacs:.0f}" if model.kmacs else "",
        f"{model.relative_time:g}" if model.relative_time else "",
        model.licence,
        "manual" if one.place == "manual download" else one.place,
    )


def _megabytes(size: int) -> str:
    megabytes = size / 1e6
    return f"{megabytes:.0f}" if megabytes >= WHOLE_FROM else f"{megabytes:.1f}"


def _first_score(scores: Sequence[Score]) -> str:
    """Return the first figure on Set5 with its scale, and its compression where there is one."""
    for score in scores:
        name, _, compression = score.dataset.partition("-")
        if name == "Set5":
            return " ".join(filter(None, (f"x{score.scale:g}", compression, f"{score.psnr_y:.2f}")))
    return ""
