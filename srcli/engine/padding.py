"""Pad the border of a picture, so that a network sees no edge that is not there.

A convolution pads with zeros where a picture ends, and a network takes them for black: the
outermost samples of flat pictures came out up to 123 of 255 levels wrong. Padding with the
picture's mirror image keeps that error outside the picture, and the result is cropped again.
Where opposite borders meet, as in a panorama or a texture, the padding is what lies on the
other side.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from srcli.networks.spec import AnyRatioTraits, NetworkTraits
from srcli.pixels.borders import mirror, mirrored
from srcli.pixels.region import Region
from srcli.pixels.resize import Border, Borders

WIDTH = 4
"""Width of mirrored padding, in pixels of the picture. More changes nothing that can be seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Padding:
    """Padding of one window: its width on each side, in pixels of the network's input.

    ``borders`` says what it consists of: see ``Borders``.
    """

    top: int
    bottom: int
    left: int
    right: int
    borders: Borders

    @classmethod
    def of(
        cls, context: Region, size: tuple[int, int], widths: tuple[int, int], borders: Borders
    ) -> Padding:
        """Return the padding of a window: only sides on the border of the grid have any.

        Args:
            context: the window.
            size: (height, width) of the grid.
            widths: width above and below, and width on the left and right.
            borders: how the grid continues, in the same order.

        """
        rows, columns = widths
        return cls(
            top=rows if context.top == 0 else 0,
            bottom=rows if context.bottom == size[0] else 0,
            left=columns if context.left == 0 else 0,
            right=columns if context.right == size[1] else 0,
            borders=borders,
        )

    def pad(self, context: Region, source: Callable[[Region], Tensor]) -> Tensor:
        """Return the window (B, C, h, w) with its padding.

        Args:
            context: the window.
            source: returns any window of the grid. Across borders that wrap, it continues with
                the other side.

        """
        return self.pad_rows(context, source, 0, self.top + context.height + self.bottom)

    def pad_rows(
        self, context: Region, source: Callable[[Region], Tensor], start: int, stop: int
    ) -> Tensor:
        """Return some rows of the window with its padding, as ``pad`` does all of them.

        Args:
            context: the window.
            source: returns any window of the grid.
            start: first of the rows, counted from the top of the padding.
            stop: row after the last one.

        """
        rows = torch.arange(start - self.top, stop - self.top)
        if self.borders[0] != "wrap":
            rows = mirrored(rows, context.height)
        first, last = int(rows.min()), int(rows.max())
        (before, after), mirrored_columns = _divided((self.left, self.right), self.borders[1])
        seen = Region(
            top=context.top + first,
            bottom=context.top + last + 1,
            left=context.left - before,
            right=context.right + after,
        )
        window = source(seen)
        if not torch.equal(rows, torch.arange(first, last + 1)):
            place = torch.arange(start - self.top, stop - self.top, device=window.device)
            window = window.index_select(2, mirrored(place, context.height) - first)
        return mirror(window, (0, 0), mirrored_columns)

    def crop(self, output: Tensor, scale: int) -> Tensor:
        """Return the output of a network of ``scale`` for the padded window, without padding."""
        height, width = output.shape[-2:]
        inner = Region(
            top=scale * self.top,
            bottom=height - scale * self.bottom,
            left=scale * self.left,
            right=width - scale * self.right,
        )
        return inner.of(output)


def padding_widths(
    traits: NetworkTraits, halo: int, borders: Borders, *, pad_border: bool
) -> tuple[int, int]:
    """Return the width of the padding above and below, and on the left and right.

    Widths are in pixels of the network's input. A network of any ratio gets the picture
    enlarged, so its padding is wider by the largest ratio for which the traits hold. Where
    borders meet, the padding is as wide as the halo of a tile.
    """
    enlarged = math.ceil(traits.max_ratio) if isinstance(traits, AnyRatioTraits) else 1
    mirrored = enlarged * WIDTH if pad_border else 0
    rows, columns = (
        math.ceil((halo if border == "wrap" else mirrored) / traits.size_multiple)
        * traits.size_multiple
        for border in borders
    )
    return rows, columns


def _divided(widths: tuple[int, int], border: Border) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return the widths that are taken from the other side, and those that are mirrored."""
    return (widths, (0, 0)) if border == "wrap" else ((0, 0), widths)
