"""Visual information fidelity in the pixel domain; larger is better, and 1 is perfect.

It exceeds 1 where SR has more contrast than HR. Source: Sheikh and Bovik, "Image information and
visual quality", TIP 2006, in the form that their ``vifp_mscale.m`` computes, on four scales.
"""

from __future__ import annotations

import torch
from torch import Tensor

from srcli.metrics.ssim import blur, gaussian_taps

NOISE = 2.0
"""Variance of the noise of vision, for samples in 0..255."""
LEAST = 1e-8
WINDOWS = (17, 9, 5, 3)
"""Sides of the Gaussian windows of the scales; their deviation is a fifth of it."""
SMALLEST = 41
"""Side of the smallest picture."""


def vif(sr: Tensor, hr: Tensor) -> float:
    """Return VIF of grey (1, 1, H, W) in 0..255, float64, both sides at least ``SMALLEST``."""
    told = known = 0.0
    for level, window in enumerate(WINDOWS):
        taps = gaussian_taps(window, window / 5)
        if level:
            sr, hr = (blur(one, taps)[:, :, ::2, ::2] for one in (sr, hr))
        mine, all_of_it = _information(sr, hr, taps)
        told, known = told + mine, known + all_of_it
    return (told + LEAST) / (known + LEAST)


def _information(sr: Tensor, hr: Tensor, taps: list[float]) -> tuple[float, float]:
    """Return what SR tells of HR, and what HR tells, on one scale."""
    mean_sr, mean_hr = blur(sr, taps), blur(hr, taps)
    var_sr = (blur(sr * sr, taps) - mean_sr**2).clamp_(min=0)
    var_hr = (blur(hr * hr, taps) - mean_hr**2).clamp_(min=0)
    covariance = blur(sr * hr, taps) - mean_sr * mean_hr
    gain = covariance / (var_hr + LEAST)
    left = var_sr - gain * covariance
    flat_hr, flat_sr = var_hr < LEAST, var_sr < LEAST
    left = torch.where(flat_hr, var_sr, left)
    gain = torch.where(flat_hr | flat_sr, 0.0, gain)
    left = torch.where(flat_sr, 0.0, left)
    left = torch.where(gain < 0, var_sr, left).clamp_(min=LEAST)
    gain = gain.clamp_(min=0)
    var_hr = torch.where(flat_hr, 0.0, var_hr)
    told = torch.log10(1 + gain**2 * var_hr / (left + NOISE)).sum().item()
    return told, torch.log10(1 + var_hr / NOISE).sum().item()
