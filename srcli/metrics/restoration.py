"""Compare restored pictures by the protocols of PANet and RNAN: whole pictures, without a border.

Noise and mosaics: PSNR over all three colours (CPSNR), as in the authors'
``PP_Evaluate_DN_RGB_PSNR_SSIM.m``. Compressed luma: PSNR and SSIM of the samples of the grey
picture themselves, as in ``PP_Evaluate_CAR_Y_PSNR_SSIM.m``, and PSNR-B.
"""

from __future__ import annotations

from torch import Tensor

from srcli.errors import ImageError
from srcli.metrics.protocol import Protocol, Scores
from srcli.metrics.psnr import psnr
from srcli.metrics.psnr_b import psnr_b
from srcli.metrics.ssim import WINDOW, ssim
from srcli.pixels.color import EIGHT_BITS, LUMA_OFFSET, LUMA_WEIGHTS, luma
from srcli.pixels.levels import rounded

RESTORATION = Protocol(
    name="restoration",
    description="whole pictures in 8 bits, PSNR over three colours and SSIM of BT.601 studio luma",
    round_luma=False,
)
"""Noise and mosaics. Nothing is left out at the border."""
GRAY_RESTORATION = Protocol(
    name="gray-restoration",
    description="whole grey pictures in 8 bits: PSNR, SSIM and PSNR-B of their samples",
    round_luma=False,
)
"""Compressed luma."""


def score_restored(restored: Tensor, original: Tensor, *, gray: bool) -> Scores:
    """Compare a restored picture with its original.

    Args:
        restored: RGB (1, 3, H, W), floating point in [0, 1]; it is clamped and rounded to 8 bits.
        original: RGB uint8 of the same shape, which holds one grey picture if ``gray``.
        gray: whether grey samples are compared. Otherwise PSNR is over all colours, and the luma
            of both is compared too.

    Raises:
        ValueError: the shapes differ.
        ImageError: the picture holds no SSIM window.

    """
    if restored.shape != original.shape:
        msg = f"shapes differ: {tuple(restored.shape)} and {tuple(original.shape)}"
        raise ValueError(msg)
    _check_size(*original.shape[2:])
    made, wanted = rounded(restored.double(), EIGHT_BITS), original.double()
    if gray:
        level = (luma(made, peak=EIGHT_BITS) - LUMA_OFFSET) * (EIGHT_BITS / sum(LUMA_WEIGHTS))
        level, truth = level.round_(), wanted[:, :1]
        quality = psnr(level, truth)
        return Scores(
            psnr_y=quality,
            ssim_y=ssim(level, truth),
            psnr_rgb=quality,
            psnr_b=psnr_b(level, truth),
        )
    made_luma, wanted_luma = luma(made, peak=EIGHT_BITS), luma(wanted, peak=EIGHT_BITS)
    return Scores(
        psnr_y=psnr(made_luma, wanted_luma),
        ssim_y=ssim(made_luma, wanted_luma),
        psnr_rgb=psnr(made, wanted),
    )


def _check_size(height: int, width: int) -> None:
    if min(height, width) < WINDOW:
        msg = f"A picture of {width}x{height} pixels is too small to measure."
        raise ImageError(msg)
