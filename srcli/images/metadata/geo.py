"""GeoTIFF: where the pixels of a picture lie on the earth.

Source: OGC GeoTIFF 1.1. The tags are carried as they are, and those that count in pixels are
changed with the size of the picture.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import replace

from srcli.images.metadata.ifd import DOUBLE, Entry

PIXEL_SCALE, TIE_POINTS, TRANSFORMATION = 33550, 33922, 34264
KEYS = 34735
TAGS = frozenset({PIXEL_SCALE, TIE_POINTS, TRANSFORMATION, KEYS, 34736, 34737, 42112, 42113})
"""All of GeoTIFF, and what GDAL says of the samples beside it."""

_RASTER_TYPE, _PIXEL_IS_POINT = 1025, 2
_TIE_NUMBERS, _MATRIX_NUMBERS = 6, 16


def with_size(
    entries: Iterable[Entry], order: str, down: float, across: float
) -> tuple[Entry, ...]:
    """Return the tags of a picture whose height and width were multiplied.

    Args:
        entries: GeoTIFF tags.
        order: of their bytes.
        down: new height by old height.
        across: new width by old width.

    """
    entries = tuple(entries)
    shift = 0.5 if _counts_centers(entries, order) else 0.0
    change = _Change(order=order, down=down, across=across, shift=shift)
    return tuple(change.of(entry) for entry in entries)


class _Change:
    """From one grid of pixels to another."""

    def __init__(self, *, order: str, down: float, across: float, shift: float) -> None:
        self._order = order
        self._down, self._across, self._shift = down, across, shift

    def of(self, entry: Entry) -> Entry:
        if entry.kind != DOUBLE or entry.tag not in {PIXEL_SCALE, TIE_POINTS, TRANSFORMATION}:
            return entry
        numbers = list(struct.unpack(f"{self._order}{entry.count}d", entry.value))
        if entry.tag == PIXEL_SCALE:
            numbers[:2] = numbers[0] / self._across, numbers[1] / self._down
        elif entry.tag == TIE_POINTS:
            numbers = list(self._tie_points(numbers))
        elif len(numbers) == _MATRIX_NUMBERS:
            self._change_matrix(numbers)
        return replace(entry, value=struct.pack(f"{self._order}{len(numbers)}d", *numbers))

    def _tie_points(self, numbers: list[float]) -> Iterator[float]:
        for at in range(0, len(numbers), _TIE_NUMBERS):
            column, row, *rest = numbers[at : at + _TIE_NUMBERS]
            yield (column + self._shift) * self._across - self._shift
            yield (row + self._shift) * self._down - self._shift
            yield from rest

    def _change_matrix(self, numbers: list[float]) -> None:
        """Let a matrix take new columns and rows to where it took the old ones."""
        for at in range(0, _MATRIX_NUMBERS - 4, 4):
            across, down = numbers[at] / self._across, numbers[at + 1] / self._down
            numbers[at + 3] += self._shift * (across - numbers[at] + down - numbers[at + 1])
            numbers[at : at + 2] = across, down


def _counts_centers(entries: Iterable[Entry], order: str) -> bool:
    """Tell whether whole numbers stand for the middle of pixels, not for their corner."""
    for entry in entries:
        if entry.tag == KEYS:
            keys = entry.integers(order)
            return any(
                keys[at] == _RASTER_TYPE and keys[at + 3] == _PIXEL_IS_POINT
                for at in range(4, len(keys) - 3, 4)
            )
    return False
