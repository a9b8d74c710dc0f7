"""Peak signal-to-noise ratio, in decibels; larger is better."""

from __future__ import annotations

import math

from torch import Tensor

from srcli.pixels.color import luma

PEAK = 255.0
"""Peak of 8-bit samples. The literature uses it for studio luma too, which spans 16..235."""


def psnr(first: Tensor, second: Tensor, *, peak: float = PEAK) -> float:
    """Return 10 log10(peak^2 / mean squared difference); it is infinite for equal samples.

    Args:
        first: samples of any shape, floating point. They are compared in float64.
        second: samples of the same shape.
        peak: largest value of a sample.

    Raises:
        ValueError: the shapes differ.

    """
    if first.shape != second.shape:
        msg = f"shapes differ: {tuple(first.shape)} and {tuple(second.shape)}"
        raise ValueError(msg)
    return decibels((first.double() - second.double()).square_().mean().item(), peak=peak)


def decibels(error: float, *, peak: float) -> float:
    """Return the PSNR of a mean squared difference."""
    return 10 * math.log10(peak**2 / error) if error > 0 else math.inf


def psnr_y(sr: Tensor, hr: Tensor) -> float:
    """Return the PSNR of BT.601 studio luma of RGB (1, 3, H, W) in [0, 1], uncropped."""
    return psnr(luma(sr.double()), luma(hr.double()))


def psnr_rgb(sr: Tensor, hr: Tensor) -> float:
    """Return the PSNR over all three colours of RGB (1, 3, H, W) in [0, 1], uncropped."""
    return psnr(sr, hr, peak=1.0)
