"""The frame: what a network is shown beyond the border of the picture.

Convolutions fill up with zeros where a picture ends, and a network takes them for black: of
flat pictures the outermost samples came out up to 123 of 255 levels wrong. A mirrored frame,
which is cut off the result, keeps that away from the picture. Where opposite borders meet, as
those of a panorama or a texture do, the frame is what lies on the other side.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from srcli.networks.spec import NetworkTraits
from srcli.pixels.edges import mirror
from srcli.pixels.region import Region
from srcli.pixels.resize import Border, Borders

WIDTH = 4
"""Of the frame, in pixels of the picture; wider ones change nothing that can be seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """How far each side of one window is continued, in pixels of the network's input, and how."""

    top: int
    bottom: int
    left: int
    right: int
    borders: Borders

    @classmethod
    def of(
        cls, context: Region, size: tuple[int, int], widths: tuple[int, int], borders: Borders
    ) -> Frame:
        """Continue those sides of a window that lie on the border of the grid.

        Args:
            context: the window.
            size: (height, width) of the grid.
            widths: how far, above and below, and on the left and right.
            borders: how, in the same order.

        """
        rows, columns = widths
        return cls(
            top=rows if context.top == 0 else 0,
            bottom=rows if context.bottom == size[0] else 0,
            left=columns if context.left == 0 else 0,
            right=columns if context.right == size[1] else 0,
            borders=borders,
        )

    def around(self, context: Region, source: Callable[[Region], Tensor]) -> Tensor:
        """Return the window (B, C, h, w) with its frame.

        Args:
            context: the window.
            source: gives windows, and beyond borders that wrap what is on the other side.

        """
        rows, columns = (self.top, self.bottom), (self.left, self.right)
        (above, below), mirrored_rows = _divided(rows, self.borders[0])
        (before, after), mirrored_columns = _divided(columns, self.borders[1])
        seen = Region(
            top=context.top - above,
            bottom=context.bottom + below,
            left=context.left - before,
            right=context.right + after,
        )
        return mirror(source(seen), mirrored_rows, mirrored_columns)

    def take_off(self, output: Tensor, scale: int) -> Tensor:
        """Return what a network of ``scale`` made of the framed window, without the frame."""
        height, width = output.shape[-2:]
        inner = Region(
            top=scale * self.top,
            bottom=height - scale * self.bottom,
            left=scale * self.left,
            right=width - scale * self.right,
        )
        return inner.of(output)


def frame_widths(
    traits: NetworkTraits, halo: int, borders: Borders, *, framed: bool
) -> tuple[int, int]:
    """Return how wide the frame of a network is above and below, and on the left and right.

    In pixels of its input. A network of any ratio gets the picture enlarged: its frame is wider
    by the largest ratio for which the traits hold. Where borders meet, the frame is as wide as
    the halo of a tile.
    """
    enlarged = 1 if traits.scale else math.ceil(traits.max_ratio)
    plain = enlarged * WIDTH if framed else 0
    rows, columns = (
        math.ceil((halo if border == "wrap" else plain) / traits.size_multiple)
        * traits.size_multiple
        for border in borders
    )
    return rows, columns


def _divided(widths: tuple[int, int], border: Border) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return how much of a frame is taken from the other side, and how much is mirrored."""
    return (widths, (0, 0)) if border == "wrap" else ((0, 0), widths)
