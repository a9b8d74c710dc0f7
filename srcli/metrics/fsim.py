"""Feature similarity, at most 1; larger is better.

Source: Zhang, Zhang, Mou and Zhang, "FSIM: a feature similarity index for image quality
assessment", TIP 2011, equations 1 to 8, with the phase congruency of Kovesi's
``phasecong2.m``: four scales, four orientations. It is measured on grey.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

from srcli.metrics.gmsd import gradients, likeness

SCALES, ORIENTATIONS = 4, 4
SHORTEST_WAVE = 6.0
"""Wavelength of the finest filter in samples; each next one is twice as long."""
BANDWIDTH = 0.55
"""Deviation of the logarithm of a filter's frequency, as a ratio."""
ANGLE_SIGMA = math.pi / (ORIENTATIONS * 1.2)
CUTOFF, SHARPNESS = 0.45, 15
"""Low pass that all filters share (Butterworth), in cycles a sample."""
NOISE_DEVIATIONS, NOISE_SCALING = 2.0, 1.7
PHASE_CONSTANT, GRADIENT_CONSTANT = 0.85, 160.0
SCHARR = tuple((one / 16, 0.0, -one / 16) for one in (3, 10, 3))
USUAL_SIDE = 256
"""Pictures are reduced, by whole numbers, to about this shorter side."""


def fsim(first: Tensor, second: Tensor) -> float:
    """Return FSIM of grey (1, 1, H, W) in 0..255, float64, both sides at least 8."""
    factor = max(1, round(min(first.shape[2:]) / USUAL_SIDE))
    x, y = (functional.avg_pool2d(one, factor) for one in (first, second))
    filters = _filters(x.shape[2], x.shape[3])
    phase_x, phase_y = (_phase_congruency(one[0, 0], filters) for one in (x, y))
    alike = likeness(phase_x, phase_y, PHASE_CONSTANT)
    alike *= likeness(gradients(x, SCHARR), gradients(y, SCHARR), GRADIENT_CONSTANT)[0, 0]
    weight = torch.maximum(phase_x, phase_y)
    return ((alike * weight).sum() / weight.sum()).item()


def _filters(height: int, width: int) -> Tensor:
    """Return log-Gabor filters (orientations, scales, H, W), zero frequency at the corner."""
    rows, columns = _frequencies(height)[:, None], _frequencies(width)[None, :]
    radius = (rows**2 + columns**2).sqrt()
    low_pass = 1 / (1 + (radius / CUTOFF) ** (2 * SHARPNESS))
    angle = torch.atan2(-columns, rows)
    radius[0, 0] = 1
    radial = []
    for scale in range(SCALES):
        centre = 1 / (SHORTEST_WAVE * 2**scale)
        band = torch.exp(-((radius / centre).log() ** 2) / (2 * math.log(BANDWIDTH) ** 2))
        band = band * low_pass
        band[0, 0] = 0
        radial.append(band)
    angular = []
    for orientation in range(ORIENTATIONS):
        turned = angle - orientation * math.pi / ORIENTATIONS
        distance = torch.atan2(turned.sin(), turned.cos())
        angular.append(torch.exp(-(distance**2) / (2 * ANGLE_SIGMA**2)))
    return torch.stack(angular)[:, None] * torch.stack(radial)[None]


def _frequencies(length: int) -> Tensor:
    """Return frequencies in cycles a sample, 0 first; odd lengths are spread a bit more."""
    centred = torch.arange(length, dtype=torch.float64) - length // 2
    found: Tensor = torch.fft.ifftshift(centred / (length - length % 2))
    return found


def _phase_congruency(image: Tensor, filters: Tensor) -> Tensor:
    """Return (H, W): how well the phases of the scales agree, above what noise would make."""
    tiny = torch.finfo(image.dtype).eps
    responses = torch.fft.ifft2(torch.fft.fft2(image) * filters)
    total = responses.sum(1, keepdim=True)
    direction = total / (total.abs() + tiny)
    turned = responses * direction.conj()
    energy = (turned.real - turned.imag.abs()).sum(1)
    energy = (energy - _noise(responses[:, 0], filters)).clamp_(min=0)
    found: Tensor = (energy.sum(0) + tiny) / (responses.abs().sum((0, 1)) + tiny)
    return found


def _noise(finest: Tensor, filters: Tensor) -> Tensor:
    """Return the energy (orientations, 1, 1) below which it may be noise, by the finest scale."""
    median = finest.abs().square().flatten(1).median(1).values
    power = median / math.log(2) / filters[:, 0].square().sum((1, 2))
    joined = torch.fft.ifft2(filters.sum(1)).real
    spread = joined.square().sum((1, 2)) * filters.shape[2] * filters.shape[3]
    rayleigh = (power * spread).sqrt()
    mean, deviation = math.sqrt(math.pi / 2), math.sqrt(2 - math.pi / 2)
    threshold: Tensor = rayleigh * (mean + NOISE_DEVIATIONS * deviation) / NOISE_SCALING
    return threshold[:, None, None]
