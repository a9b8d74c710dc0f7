"""The frame: what a network is shown beyond the border of the picture.

Convolutions fill up with zeros where a picture ends, and a network takes them for black: of
flat pictures the outermost samples came out up to 123 of 255 levels wrong. A mirrored frame,
which is cut off the result, keeps that away from the picture.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from torch import Tensor

from srcli.networks.spec import NetworkTraits
from srcli.pixels.edges import mirror
from srcli.pixels.region import Region

WIDTH = 4
"""Of the frame, in pixels of the picture; wider ones change nothing that can be seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """How far each side of one window is continued, in pixels of the network's input."""

    top: int
    bottom: int
    left: int
    right: int

    @classmethod
    def of(cls, context: Region, size: tuple[int, int], width: int) -> Frame:
        """Continue by ``width`` those sides of a window that lie on the border of the grid."""
        return cls(
            top=width if context.top == 0 else 0,
            bottom=width if context.bottom == size[0] else 0,
            left=width if context.left == 0 else 0,
            right=width if context.right == size[1] else 0,
        )

    def put_on(self, window: Tensor) -> Tensor:
        """Return the window (B, C, h, w) with its frame."""
        return mirror(window, (self.top, self.bottom), (self.left, self.right))

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


def frame_width(traits: NetworkTraits) -> int:
    """Return the width of the frame of a network, in pixels of its input.

    One of any ratio gets the picture enlarged, at most by two: its frame is twice as wide.
    """
    width = WIDTH if traits.scale else 2 * WIDTH
    return math.ceil(width / traits.size_multiple) * traits.size_multiple
