"""Structural similarity, at most 1; larger is better.

Source: Wang et al., "Image quality assessment: from error visibility to structural
similarity", TIP 2004, equation 13. The window is Gaussian, 11 x 11, of sigma 1.5, and always lies
inside the picture.
"""

from __future__ import annotations

import torch
from torch import Tensor

from srcli.metrics.psnr import PEAK
from srcli.pixels.color import luma
from srcli.pixels.region import bands

K1, K2 = 0.01, 0.03
WINDOW, SIGMA = 11, 1.5


def ssim(
    first: Tensor,
    second: Tensor,
    *,
    peak: float = PEAK,
    window: int = WINDOW,
    sigma: float = SIGMA,
) -> float:
    """Return the mean of the SSIM map.

    Args:
        first: (B, C, H, W), floating point; both sides are at least ``window``. Sums are in
            float64, since variances are small differences of large numbers.
        second: samples of the same shape.
        peak: range of the samples.
        window: side of the Gaussian window in samples, an odd number.
        sigma: standard deviation of the window in samples.

    Raises:
        ValueError: the shapes differ, or the window does not fit.

    """
    if first.shape != second.shape or min(first.shape[2:]) < window:
        msg = f"no {window}x{window} window in {tuple(first.shape)} and {tuple(second.shape)}"
        raise ValueError(msg)
    x, y = first.double(), second.double()
    taps = gaussian_taps(window, sigma)
    height, width = (side - window + 1 for side in x.shape[2:])
    total = 0.0
    for rows in bands(height, width):
        reach = (..., slice(rows.start, rows.stop + window - 1), slice(None))
        total += _map(x[reach], y[reach], taps, peak).sum().item()
    return total / (x.shape[0] * x.shape[1] * height * width)


def ssim_y(sr: Tensor, hr: Tensor) -> float:
    """Return the SSIM of BT.601 studio luma of RGB (1, 3, H, W) in [0, 1], uncropped."""
    return ssim(luma(sr.double()), luma(hr.double()))


def _map(x: Tensor, y: Tensor, taps: list[float], peak: float) -> Tensor:
    """Return SSIM at each position of the window inside the picture."""
    mean_x, mean_y = blur(x, taps), blur(y, taps)
    covariance, squares = blur(x * y, taps), blur(x.square().addcmul_(y, y), taps)
    mean_xy, mean_squares = mean_x * mean_y, mean_x.square_().addcmul_(mean_y, mean_y)
    covariance.sub_(mean_xy)
    variances = squares.sub_(mean_squares)
    c1, c2 = (K1 * peak) ** 2, (K2 * peak) ** 2
    likeness = mean_xy.mul_(2).add_(c1).mul_(covariance.mul_(2).add_(c2))
    return likeness.div_(mean_squares.add_(c1).mul_(variances.add_(c2)))


def gaussian_taps(window: int, sigma: float) -> list[float]:
    """Return the weights of a Gaussian window, whose sum is one."""
    offsets = torch.arange(window, dtype=torch.float64) - window // 2
    weights = torch.exp(-offsets.square() / (2 * sigma**2))
    taps: list[float] = (weights / weights.sum()).tolist()
    return taps


def blur(image: Tensor, taps: list[float]) -> Tensor:
    """Filter rows, then columns, of (B, C, H, W) at the positions that need no padding.

    Shifted multiply-adds are ten times faster on one core than a float64 convolution.
    """
    for axis in (2, 3):
        length = image.shape[axis] - len(taps) + 1
        total = image.narrow(axis, 0, length) * taps[0]
        for shift, tap in enumerate(taps[1:], start=1):
            total.add_(image.narrow(axis, shift, length), alpha=tap)
        image = total
    return image
