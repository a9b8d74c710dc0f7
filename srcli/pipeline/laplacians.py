"""The difference of two Laplacians, which answers to noise and hardly to structure.

Source: Immerkaer, "Fast noise variance estimation", CVIU 64(2), 1996.
"""

from __future__ import annotations

from torch import Tensor

GAIN = 36
"""Variance of the difference of two Laplacians of white noise of variance 1."""


def difference_of_laplacians(planes: Tensor) -> Tensor:
    """Filter whole numbers (..., h, w): (..., h - 2, w - 2), of their type, 16 times as large."""
    along = planes[..., 2:] - 2 * planes[..., 1:-1] + planes[..., :-2]
    return along[..., 2:, :] - 2 * along[..., 1:-1, :] + along[..., :-2, :]


def doubled_half(planes: Tensor) -> Tensor:
    """Halve both sides of (..., h, w); samples are sums of four."""
    rows = planes[..., : planes.shape[-2] // 2 * 2, : planes.shape[-1] // 2 * 2]
    pairs = rows[..., ::2, :] + rows[..., 1::2, :]
    return pairs[..., ::2] + pairs[..., 1::2]
