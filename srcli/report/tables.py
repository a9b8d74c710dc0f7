"""A table before it is given a format."""

from __future__ import annotations

from dataclasses import dataclass

NOTHING = "–"  # noqa: RUF001 - the dash of tables


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One cell. ``best`` marks the best of its column among the rows that compare."""

    text: str
    best: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table. Its first ``labels`` columns are names, and the others are numbers."""

    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    labels: int
    notes: tuple[str, ...] = ()
