"""Bands cover a picture's rows once, in order."""

import pytest

from srcli.pixels.region import BAND, bands


@pytest.mark.parametrize(
    ("height", "width"), [(1, 1), (7, 3), (300, 200), (3, BAND), (2, 5 * BAND), (1000, BAND // 3)]
)
def test_bands_cover_all_rows_once(height: int, width: int) -> None:
    rows = [row for band in bands(height, width) for row in range(band.start, band.stop)]
    assert rows == list(range(height))


def test_bands_are_no_larger_than_a_cache() -> None:
    assert all((band.stop - band.start) * 100 <= BAND for band in bands(1000, 100))
