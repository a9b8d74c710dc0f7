"""Kernels (K, K), float32 and of odd side, of what lenses and programs do to pictures."""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray

Kernel = NDArray[np.float32]


def gaussian(along: float, across: float, angle: float = 0.0) -> Kernel:
    """Return a Gaussian that sums to one.

    Args:
        along: standard deviation in the direction of ``angle``, in pixels.
        across: at right angles to it.
        angle: in radians.

    """
    x, y = _grid(max(1, math.ceil(3 * max(along, across))))
    u = x * math.cos(angle) + y * math.sin(angle)
    v = y * math.cos(angle) - x * math.sin(angle)
    kernel = np.exp(-((u / along) ** 2 + (v / across) ** 2) / 2)
    return np.asarray(kernel / kernel.sum(), np.float32)


def grain(sigma: float) -> Kernel:
    """Return a round Gaussian that makes white noise coarse and keeps its deviation."""
    kernel = gaussian(sigma, sigma)
    return np.asarray(kernel / np.sqrt(np.square(kernel).sum()), np.float32)


def unsharp(amount: float, sigma: float) -> Kernel:
    """Return what adds ``amount`` times the difference to a picture blurred by ``sigma``."""
    kernel = -amount * gaussian(sigma, sigma)
    centre = kernel.shape[0] // 2
    kernel[centre, centre] += 1 + amount
    return kernel.astype(np.float32)


def sinc(cutoff: float, radius: int) -> Kernel:
    """Return a round low-pass that rings: frequencies above ``cutoff`` (of pi) are cut off.

    Source: Real-ESRGAN (Wang et al. 2021), equation 6.
    """
    x, y = _grid(radius)
    distance = torch.from_numpy(np.hypot(x, y))
    kernel = cutoff * torch.special.bessel_j1(cutoff * distance) / (2 * math.pi * distance)
    kernel[radius, radius] = cutoff**2 / (4 * math.pi)
    return np.asarray((kernel / kernel.sum()).numpy(), np.float32)


def _grid(radius: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    distance = np.arange(-radius, radius + 1, dtype=np.float64)
    return distance[None, :], distance[:, None]
