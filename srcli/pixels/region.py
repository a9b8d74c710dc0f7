"""Windows of a picture, in whole pixels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from torch import Tensor

BAND = 2**15
"""Number of samples for one step of long arithmetic. They fit the cache of a processor core."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """A window ``[top, bottom) x [left, right)`` of an image, in its own pixels."""

    top: int
    bottom: int
    left: int
    right: int

    @classmethod
    def whole(cls, size: tuple[int, int]) -> Region:
        """Return the window that is all of an image of ``size``, (height, width)."""
        return cls(top=0, bottom=size[0], left=0, right=size[1])

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

    def scaled(self, factor: int) -> Region:
        """Return the same window of an image ``factor`` times as large."""
        return Region(
            top=factor * self.top,
            bottom=factor * self.bottom,
            left=factor * self.left,
            right=factor * self.right,
        )

    def seen_from(self, top: int, left: int = 0) -> Region:
        """Return the same window, counted from another corner."""
        return Region(
            top=self.top - top,
            bottom=self.bottom - top,
            left=self.left - left,
            right=self.right - left,
        )


def bands(height: int, width: int, samples: int = BAND) -> Iterator[slice]:
    """Yield groups of rows that have at most ``samples`` samples, or one row each."""
    rows = max(1, samples // width)
    for top in range(0, height, rows):
        yield slice(top, min(top + rows, height))


def strips(size: tuple[int, int], samples: int) -> Iterator[Region]:
    """Yield the windows of the bands of an image of ``size``, (height, width)."""
    for rows in bands(*size, samples):
        yield Region(top=rows.start, bottom=rows.stop, left=0, right=size[1])
