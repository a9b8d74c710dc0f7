"""The eight symmetries of the square, on the last two axes of a tensor."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

from torch import Tensor


@dataclass(frozen=True, slots=True, kw_only=True)
class Symmetry:
    """A symmetry: it may mirror rows, mirror columns, and then transpose."""

    flip_rows: bool
    flip_columns: bool
    transpose: bool

    def apply(self, image: Tensor) -> Tensor:
        """Transform ``image`` (..., H, W); a transposition swaps H and W."""
        axes = [axis for axis, flip in ((-2, self.flip_rows), (-1, self.flip_columns)) if flip]
        image = image.flip(axes) if axes else image
        return image.transpose(-2, -1).contiguous() if self.transpose else image

    def invert(self, image: Tensor) -> Tensor:
        """Undo :meth:`apply`."""
        image = image.transpose(-2, -1).contiguous() if self.transpose else image
        axes = [axis for axis, flip in ((-2, self.flip_rows), (-1, self.flip_columns)) if flip]
        return image.flip(axes) if axes else image


SYMMETRIES = tuple(
    Symmetry(flip_rows=rows, flip_columns=columns, transpose=transpose)
    for transpose, rows, columns in product((False, True), repeat=3)
)
"""All eight symmetries; the identity comes first."""
