"""How pictures are reduced, cropped and rounded before they are compared.

Numbers of different protocols cannot be put beside each other: rounding luma alone costs
0.03 dB on Set5 x2. So a protocol has a name, and the name travels with every number.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from srcli.errors import ImageError, UsageError
from srcli.metrics.psnr import decibels, psnr
from srcli.metrics.ssim import SIGMA, WINDOW, ssim
from srcli.pixels.color import EIGHT_BITS, luma
from srcli.pixels.levels import rounded
from srcli.pixels.region import BAND, bands
from srcli.pixels.resize import resize_uint8

CHANNELS = 3
ROUNDOFF = 1e-9
"""Swallows the float noise of products such as 3 x 2.7 before a floor or a ceiling."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    """A way to compare SR with HR.

    Attributes:
        name: short, for records and table heads.
        description: one sentence for the foot of a table.
        round_luma: luma is rounded to whole numbers, halves up, before it is compared.
        ssim_window: side of SSIM's Gaussian window.
        ssim_sigma: its standard deviation, in pixels.

    """

    name: str
    description: str
    round_luma: bool
    ssim_window: int = WINDOW
    ssim_sigma: float = SIGMA

    def shave(self, scale: float) -> int:
        """Return how many pixels of each border are left out: the scale, rounded up."""
        return math.ceil(scale - ROUNDOFF)


PUBLISHED = Protocol(
    name="published",
    description="MATLAB bicubic LR in 8 bits, SR rounded to 8 bits, BT.601 studio luma, not "
    "rounded, peak 255, ceil(scale) pixels shaved, SSIM in an 11x11 Gaussian window (sigma 1.5)",
    round_luma=False,
)
"""The protocol of EDSR, RCAN, SAN and their successors (RCAN's Evaluate_PSNR_SSIM.m)."""

ROUNDED_LUMA = Protocol(
    name="rounded-luma",
    description="as 'published', but luma is rounded to whole numbers",
    round_luma=True,
)
"""The protocol of MATLAB scripts that run rgb2ycbcr on 8-bit pictures; up to 0.04 dB lower."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """What one SR picture reached: decibels, SSIM at most 1, decibels."""

    psnr_y: float
    ssim_y: float
    psnr_rgb: float


def check_scale(scale: float) -> None:
    """Refuse anything but a finite number of 1 or more, with a UsageError.

    At scale 1, which is for restoration, LR is as large as HR.
    """
    if not (math.isfinite(scale) and scale >= 1):
        msg = f"cannot measure at scale {scale:g}"
        raise UsageError(msg, hint="give a scale of 1 or more")


def cropped_sizes(height: int, width: int, scale: float) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return the sizes (height, width) of LR and of the crop of HR that it is made from.

    LR has floor(H / s) x floor(W / s) pixels, the crop the largest size of which LR times s,
    rounded down; for a whole s that is the usual crop to a multiple of s.

    Raises:
        UsageError: if ``scale`` is not a number of 1 or more.
        ImageError: if less than one LR pixel is left.

    """
    check_scale(scale)
    low = (math.floor(height / scale + ROUNDOFF), math.floor(width / scale + ROUNDOFF))
    if 0 in low:
        msg = f"a picture of {width}x{height} pixels is too small to be reduced by {scale:g}"
        raise ImageError(msg)
    return low, (math.floor(low[0] * scale + ROUNDOFF), math.floor(low[1] * scale + ROUNDOFF))


def check_measurable(height: int, width: int, scale: float, protocol: Protocol = PUBLISHED) -> None:
    """Refuse a size of which no SSIM window is left inside the borders, with an ImageError."""
    if min(height, width) - 2 * protocol.shave(scale) < protocol.ssim_window:
        msg = f"a picture of {width}x{height} pixels is too small to measure x{scale:g}"
        raise ImageError(msg)


def reduce_for(hr: Tensor, scale: float) -> tuple[Tensor, Tensor]:
    """Make the LR picture of a benchmark, as MATLAB's ``imresize`` would.

    Args:
        hr: uint8 (1, 3, H, W).
        scale: any number of 1 or more.

    Returns:
        LR, uint8 (1, 3, h, w), and the top left crop of ``hr`` to compare with; for the sizes
        see :func:`cropped_sizes`.

    Raises:
        UsageError, ImageError: see :func:`cropped_sizes`.

    """
    low, high = cropped_sizes(hr.shape[2], hr.shape[3], scale)
    cropped = hr[:, :, : high[0], : high[1]]
    return resize_uint8(cropped, low), cropped


def score(sr: Tensor, hr: Tensor, scale: float, protocol: Protocol = PUBLISHED) -> Scores:
    """Compare an SR picture with its HR picture.

    Args:
        sr: RGB (1, 3, H, W), floating point in [0, 1]; it is clamped and rounded to 8 bits.
        hr: uint8 of the same shape.
        scale: decides how many border pixels are left out.
        protocol: how to compare.

    Raises:
        ValueError: if the shapes differ.
        ImageError: if no SSIM window is left inside the borders.

    """
    if sr.shape != hr.shape:
        msg = f"shapes differ: SR {tuple(sr.shape)}, HR {tuple(hr.shape)}"
        raise ValueError(msg)
    check_measurable(hr.shape[2], hr.shape[3], scale, protocol)
    border = protocol.shave(scale)
    height, width = (side - 2 * border for side in hr.shape[2:])
    inside = (..., slice(border, border + height), slice(border, border + width))
    sr, hr = sr[inside], hr[inside]
    squares = 0.0
    sr_luma, hr_luma = torch.empty(2, 1, 1, height, width, dtype=torch.float64)
    for rows in bands(height, width, BAND // CHANNELS):
        band = (..., rows, slice(None))
        made, wanted = rounded(sr[band].double(), EIGHT_BITS), hr[band].double()
        sr_luma[band], hr_luma[band] = luma(made, peak=EIGHT_BITS), luma(wanted, peak=EIGHT_BITS)
        squares += made.sub_(wanted).square_().sum().item()
    if protocol.round_luma:
        sr_luma, hr_luma = (sr_luma + 0.5).floor_(), (hr_luma + 0.5).floor_()
    return Scores(
        psnr_y=psnr(sr_luma, hr_luma),
        ssim_y=ssim(sr_luma, hr_luma, window=protocol.ssim_window, sigma=protocol.ssim_sigma),
        psnr_rgb=decibels(squares / sr.numel(), peak=EIGHT_BITS),
    )
