"""A picture of another size lies at the same place on earth."""

from __future__ import annotations

import struct

import pytest

from srcli.images.metadata import geo, ifd
from srcli.images.metadata.ifd import Entry


def doubles(tag: int, *values: float, order: str = "<") -> Entry:
    value = struct.pack(f"{order}{len(values)}d", *values)
    return Entry(tag=tag, kind=ifd.DOUBLE, count=len(values), value=value)


def keys(raster_type: int) -> Entry:
    return ifd.numbers(geo.KEYS, (1, 1, 0, 1, 1025, 0, 1, raster_type), "<")


def numbers(entry: Entry) -> tuple[float, ...]:
    return struct.unpack(f"<{entry.count}d", entry.value)


def place(entries: dict[int, Entry], column: float, row: float, shift: float) -> tuple[float, ...]:
    """Where a point of the picture, counted from its corner, lies on earth."""
    column, row = column - shift, row - shift
    if geo.TRANSFORMATION in entries:
        matrix = numbers(entries[geo.TRANSFORMATION])
        return tuple(matrix[at] * column + matrix[at + 1] * row + matrix[at + 3] for at in (0, 4))
    i, j, _, x, y, _ = numbers(entries[geo.TIE_POINTS])
    across, down, _ = numbers(entries[geo.PIXEL_SCALE])
    return x + (column - i) * across, y - (row - j) * down


TIED = (doubles(geo.PIXEL_SCALE, 10, 20, 0), doubles(geo.TIE_POINTS, 3, 4, 0, 500, 900, 0))
MATRIX = (doubles(geo.TRANSFORMATION, 2, 0.5, 0, 100, 0.25, -3, 0, 50, 0, 0, 0, 0, 0, 0, 0, 1),)


@pytest.mark.parametrize("entries", [TIED, MATRIX])
@pytest.mark.parametrize(("raster_type", "shift"), [(1, 0), (2, 0.5)])
@pytest.mark.parametrize(("down", "across"), [(2, 2), (1.5, 2.7), (1, 1)])
def test_every_point_stays_where_it_is(entries, raster_type, shift, down, across):
    given = (*entries, keys(raster_type))
    sized = geo.with_size(given, "<", down, across)
    before, after = ({one.tag: one for one in tags} for tags in (given, sized))
    for column, row in ((0, 0), (5, 7), (2.5, 1)):
        expected = place(before, column, row, shift)
        assert place(after, column * across, row * down, shift) == pytest.approx(expected)
    assert after[geo.KEYS] == before[geo.KEYS]


def test_tags_of_another_type_stay_as_they_are():
    odd = (ifd.numbers(geo.PIXEL_SCALE, (1, 2, 3), "<"), doubles(geo.TRANSFORMATION, 1, 2))
    assert geo.with_size(odd, "<", 2, 2) == odd
