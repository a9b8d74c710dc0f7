"""Windows of a picture, in whole pixels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from torch import Tensor

BAND = 2**15
"""Samples that long arithmetic works on at once: what a processor core's cache holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """A window ``[top, bottom) x [left, right)`` of an image, in its own pixels."""

    top: int
    bottom: int
    left: int
    right: int

    @property
    def height(self) -> int:
        """Number of rows."""
        return self.bottom - self.top

    @property
    def width(self) -> int:
        """Number of columns."""
        return self.right - self.left

    def of(self, image: Tensor) -> Tensor:
        """Return this window of ``image`` (..., H, W), as a view."""
        return image[..., self.top : self.bottom, self.left : self.right]


def bands(height: int, width: int) -> Iterator[slice]:
    """Cut rows of ``width`` samples into groups small enough for a cache, at least a row each."""
    rows = max(1, BAND // width)
    for top in range(0, height, rows):
        yield slice(top, min(top + rows, height))
