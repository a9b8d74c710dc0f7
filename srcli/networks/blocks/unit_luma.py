"""Luma in [0, 1], for networks of one colour."""

from __future__ import annotations

from torch import Tensor

from srcli.pixels.color import LUMA_OFFSET, luma

LUMA_RANGE = 219.0
"""Span of BT.601 studio luma, whose white is 235."""


def unit_luma(image_B3HW: Tensor) -> Tensor:
    """Return the luma (B, 1, H, W) of RGB in [0, 1]: black is 0, and white is 1.

    A grey change of RGB changes it by as much, so a network of luma adds its residual to all
    three colours and keeps the chroma.
    """
    return (luma(image_B3HW) - LUMA_OFFSET) / LUMA_RANGE
