"""Reduce, crop and round pictures before they are compared.

Numbers of different protocols cannot be compared: rounding luma alone costs 0.03 dB on Set5 x2.
So every protocol has a name, which is kept with its numbers.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from srcli.errors import ImageError, UsageError
from srcli.metrics.catalog import Metric
from srcli.metrics.psnr import decibels, psnr
from srcli.metrics.ssim import SIGMA, WINDOW, ssim
from srcli.pixels.color import EIGHT_BITS, LUMA_OFFSET, LUMA_WEIGHTS, luma, quantize
from srcli.pixels.levels import rounded
from srcli.pixels.region import BAND, bands
from srcli.pixels.resize import MatlabBorder, resize, resize_uint8

CHANNELS = 3
ROUNDOFF = 1e-9
"""Largest rounding error of a product such as 3 x 2.7, before a floor or a ceiling."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    """A way to compare SR with HR.

    Attributes:
        name: short name for records and the heads of tables.
        description: one sentence for the foot of a table.
        round_luma: whether luma is rounded to whole numbers, halves up, before it is compared.
        keep_gray: whether the samples of a grey file are its luma. Otherwise they become RGB
            first, which squeezes them into 16..235.
        luma_first: whether luma, in 8 bits, takes the place of the picture before it is reduced.
        round_lr: whether LR, and each axis of a resizing, is rounded to 8 bits.
        whole_hr: whether HR keeps what lies beyond a multiple of the scale.
        border: how resizing continues a picture.
        ssim_at_border: whether SSIM is measured at the border too, beyond which the picture is
            continued by its last samples.
        ssim_window: side of SSIM's Gaussian window, in pixels.
        ssim_sigma: standard deviation of that window, in pixels.

    """

    name: str
    description: str
    round_luma: bool
    keep_gray: bool = False
    luma_first: bool = False
    round_lr: bool = True
    whole_hr: bool = False
    border: MatlabBorder = "symmetric"
    ssim_at_border: bool = False
    ssim_window: int = WINDOW
    ssim_sigma: float = SIGMA

    def shave(self, scale: float) -> int:
        """Return the number of pixels that are left out at each border: the scale, rounded up."""
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
"""The protocol of MATLAB scripts that run rgb2ycbcr on 8-bit pictures.

Its PSNR is up to 0.04 dB lower."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """Scores of one SR picture: PSNR in dB, SSIM, which is at most 1, and extra ones or None.

    ``psnr_b`` is that of restored JPEG pictures, and None for others.
    """

    psnr_y: float
    ssim_y: float
    psnr_rgb: float
    ms_ssim: float | None = None
    gmsd: float | None = None
    fsim: float | None = None
    vif: float | None = None
    lpips_alex: float | None = None
    lpips_vgg: float | None = None
    psnr_b: float | None = None


def check_scale(scale: float) -> None:
    """Refuse a scale that is not a finite number of 1 or more, with a UsageError.

    Scale 1 is for restoration: LR is as large as HR.
    """
    if not (math.isfinite(scale) and scale >= 1):
        msg = f"Nothing can be measured at scale {scale:g}."
        raise UsageError(msg, hint="Give a scale of 1 or more.")


def cropped_sizes(height: int, width: int, scale: float) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return the sizes (height, width) of LR and of the crop of HR that it is made from.

    LR has floor(H / s) x floor(W / s) pixels. The crop has the size of LR times s, rounded down.
    For a whole s, that is the usual crop to a multiple of s.

    Raises:
        UsageError: ``scale`` is not a number of 1 or more.
        ImageError: LR would have less than one pixel.

    """
    check_scale(scale)
    low = (math.floor(height / scale + ROUNDOFF), math.floor(width / scale + ROUNDOFF))
    if 0 in low:
        msg = f"A picture of {width}x{height} pixels is too small to be reduced by {scale:g}."
        raise ImageError(msg)
    return low, (math.floor(low[0] * scale + ROUNDOFF), math.floor(low[1] * scale + ROUNDOFF))


def pair_sizes(
    height: int, width: int, scale: float, protocol: Protocol
) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return the sizes of LR and of the part of HR that it shows, by the protocol's crop.

    Raises:
        UsageError, ImageError: see :func:`cropped_sizes`.

    """
    low, high = cropped_sizes(height, width, scale)
    return low, (height, width) if protocol.whole_hr else high


def check_measurable(height: int, width: int, scale: float, protocol: Protocol = PUBLISHED) -> None:
    """Refuse a size that holds no SSIM window inside the borders, with an ImageError."""
    if min(height, width) - 2 * protocol.shave(scale) < protocol.ssim_window:
        msg = f"A picture of {width}x{height} pixels is too small to measure x{scale:g}."
        raise ImageError(msg)


def reduce_for(hr: Tensor, scale: float, protocol: Protocol = PUBLISHED) -> tuple[Tensor, Tensor]:
    """Make the LR picture of a benchmark, as MATLAB's ``imresize`` would.

    Args:
        hr: uint8 (1, 3, H, W), or (1, 1, H, W) for a grey picture that the protocol keeps so.
        scale: any number of 1 or more.
        protocol: what LR is made of, and how it is rounded.

    Returns:
        LR (1, 3, h, w), uint8, or float32 in about [0, 1] where the protocol does not round it,
        and what it is compared with: the top left crop of ``hr``, or its luma, uint8
        (1, 1, H, W). Their sizes are those of :func:`pair_sizes`.

    Raises:
        UsageError, ImageError: see :func:`cropped_sizes`.

    """
    low, high = pair_sizes(hr.shape[2], hr.shape[3], scale, protocol)
    cropped = compared_part(hr[:, :, : high[0], : high[1]], protocol)
    if protocol.round_lr:
        lr = resize_uint8(cropped, low, border=protocol.border)
    else:
        lr = resize(cropped.double() / EIGHT_BITS, low, borders=(protocol.border,) * 2).float()
    return lr.expand(-1, CHANNELS, -1, -1), cropped


def compared_part(image: Tensor, protocol: Protocol) -> Tensor:
    """Return the channels of a uint8 picture that the protocol works on: all, or rounded luma."""
    if not protocol.luma_first or image.shape[1] == 1:
        return image
    return luma(image.double(), peak=EIGHT_BITS).add_(0.5).floor_().to(torch.uint8)


def score(
    sr: Tensor,
    hr: Tensor,
    scale: float,
    protocol: Protocol = PUBLISHED,
    extra: Sequence[Metric] = (),
) -> Scores:
    """Compare an SR picture with its HR picture.

    Args:
        sr: RGB (1, 3, H, W), floating point in [0, 1]; it is clamped and rounded to 8 bits.
        hr: uint8 of the same shape, or (1, 1, H, W), whose samples are luma themselves.
        scale: scale of the enlargement. The borders that are left out depend on it.
        protocol: way to compare.
        extra: of ``EXTRA_METRICS``, measured on grey that is not rounded, or on RGB.

    Raises:
        ValueError: the shapes differ, or an extra metric has no weights.
        ImageError: the picture holds no window of a metric inside the borders.

    """
    if sr.shape[2:] != hr.shape[2:] or hr.shape[1] not in {1, sr.shape[1]}:
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
        sr_luma[band], hr_luma[band] = _lumas(made, wanted)
        squares += made.sub_(wanted).square_().sum().item()
    if protocol.round_luma:
        sr_luma, hr_luma = (sr_luma + 0.5).floor_(), (hr_luma + 0.5).floor_()
    return Scores(
        psnr_y=psnr(sr_luma, hr_luma),
        ssim_y=_ssim(sr_luma, hr_luma, protocol),
        psnr_rgb=decibels(squares / sr.numel(), peak=EIGHT_BITS),
        **{metric.name: _extra(metric, sr, hr, scale) for metric in extra},
    )


def _extra(metric: Metric, sr: Tensor, hr: Tensor, scale: float) -> float:
    """Measure an extra metric inside the borders."""
    if metric.measure is None:
        fault = f"no weights are given for {metric.title}"
        raise ValueError(fault)
    height, width = hr.shape[2:]
    if min(height, width) < metric.smallest:
        what = f"{metric.title} at x{scale:g}"
        msg = f"A picture of {width}x{height} pixels inside its border is too small for {what}."
        raise ImageError(msg)
    wanted = hr.expand(-1, CHANNELS, -1, -1).double() / EIGHT_BITS
    return metric.measure(quantize(sr.double()), wanted)


def _lumas(made: Tensor, wanted: Tensor) -> tuple[Tensor, Tensor]:
    """Return luma of both, which spans 0..255 where what is wanted is luma itself."""
    made_luma = luma(made, peak=EIGHT_BITS)
    if wanted.shape[1] == 1:
        return made_luma.sub_(LUMA_OFFSET).mul_(EIGHT_BITS / sum(LUMA_WEIGHTS)), wanted
    return made_luma, luma(wanted, peak=EIGHT_BITS)


def _ssim(first: Tensor, second: Tensor, protocol: Protocol) -> float:
    if protocol.ssim_at_border:
        beyond = (protocol.ssim_window // 2,) * 4
        first, second = (functional.pad(one, beyond, mode="replicate") for one in (first, second))
    return ssim(first, second, window=protocol.ssim_window, sigma=protocol.ssim_sigma)
