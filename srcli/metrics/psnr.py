"""Peak signal-to-noise ratio, in decibels; larger is better."""

from __future__ import annotations

import math

from torch import Tensor

from srcli.pixels.color import luma

PEAK = 255.0
"""Of luma too, although studio luma spans 16..235: the literature's convention."""


def psnr(first: Tensor, second: Tensor, *, peak: float = PEAK) -> float:
    """Return 10 log10(peak^2 / mean squared difference), infinite for equal samples.

    Args:
        first: samples of any shape, floating point; computed in float64.
        second: the same shape.
        peak: the largest value a sample can take.

    Raises:
        ValueError: if the shapes differ.

    """
    if first.shape != second.shape:
        msg = f"shapes differ: {tuple(first.shape)} and {tuple(second.shape)}"
        raise ValueError(msg)
    return decibels((first.double() - second.double()).square_().mean().item(), peak=peak)


def decibels(error: float, *, peak: float) -> float:
    """Return the PSNR of a mean squared difference."""
    return 10 * math.log10(peak**2 / error) if error > 0 else math.inf


def psnr_y(sr: Tensor, hr: Tensor) -> float:
    """PSNR of BT.601 studio luma; RGB (1, 3, H, W) in [0, 1], nothing cropped or rounded."""
    return psnr(luma(sr.double()), luma(hr.double()))


def psnr_rgb(sr: Tensor, hr: Tensor) -> float:
    """PSNR over the three colours together; RGB (1, 3, H, W) in [0, 1], nothing cropped."""
    return psnr(sr, hr, peak=1.0)
