"""Multi-scale structural similarity, at most 1; larger is better.

Source: Wang, Simoncelli and Bovik, "Multi-scale structural similarity for image quality
assessment", Asilomar 2003, equation 7, on five scales. Each is the one before, reduced to means of
2 x 2 samples.
"""

from __future__ import annotations

import math

from torch import Tensor
from torch.nn import functional

from srcli.metrics.psnr import PEAK
from srcli.metrics.ssim import K1, K2, SIGMA, WINDOW, blur, gaussian_taps

WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
SMALLEST = (WINDOW - 1) * 2 ** (len(WEIGHTS) - 1) + 1
"""Side of the smallest picture."""


def ms_ssim(first: Tensor, second: Tensor) -> float:
    """Return MS-SSIM of grey (1, 1, H, W) in 0..255, float64, both sides at least ``SMALLEST``."""
    product = 1.0
    for level, weight in enumerate(WEIGHTS):
        if level:
            first, second = (_halved(one) for one in (first, second))
        whole, contrast = _means(first, second)
        part = whole if level == len(WEIGHTS) - 1 else contrast
        product *= max(part, 0.0) ** weight
    return product


def _means(x: Tensor, y: Tensor) -> tuple[float, float]:
    """Return the means of SSIM, and of its factor of contrast and structure."""
    taps = gaussian_taps(WINDOW, SIGMA)
    c1, c2 = (K1 * PEAK) ** 2, (K2 * PEAK) ** 2
    mean_x, mean_y = blur(x, taps), blur(y, taps)
    covariance = blur(x * y, taps) - mean_x * mean_y
    variances = blur(x * x + y * y, taps) - mean_x**2 - mean_y**2
    contrast = (2 * covariance + c2) / (variances + c2)
    luminance = (2 * mean_x * mean_y + c1) / (mean_x**2 + mean_y**2 + c1)
    whole, part = (luminance * contrast).mean().item(), contrast.mean().item()
    return (whole, part) if math.isfinite(whole) else (0.0, 0.0)


def _halved(image: Tensor) -> Tensor:
    """Return means of 2 x 2 samples; an odd side is continued by its first samples."""
    padding = max(side % 2 for side in image.shape[2:])
    return functional.avg_pool2d(
        functional.pad(image, (padding, 0, padding, 0), mode="replicate"), 2
    )
