"""How often and how strongly pictures are degraded, for the degradations drawn in many ways."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from srcli.training.config import Degradation


@dataclass(frozen=True, slots=True, kw_only=True)
class Severity:
    """How often and how strongly a picture is degraded. Chances are from 0 to 1.

    Attributes:
        share: relative share of this severity among degraded pictures.
        between: chance of an intermediate size, at which the picture may be degraded as well.
        blur: chance of blurring.
        max_blur: largest standard deviation of the Gaussian, in pixels.
        sharpen: chance of sharpening.
        ringing: chance of a sinc filter.
        noise: chance of noise.
        max_noise: largest standard deviation of noise, in levels of 8 bits.
        code: chance of a lossy coding.
        twice: chance of a second coding, on a shifted grid.
        qualities: least and largest quality of a coding.
        min_noise: smallest standard deviation of noise, in levels of 8 bits.
        light: chance that a sharpening is a light one, as most programs do it.
        min_blur: smallest standard deviation of the Gaussian along its longer axis, in pixels.

    """

    share: float
    between: float
    blur: float
    max_blur: float
    sharpen: float
    ringing: float
    noise: float
    max_noise: float
    code: float
    twice: float
    qualities: tuple[int, int]
    min_noise: float = 0.0
    light: float = 0.8
    min_blur: float = 0.2


WEAK = Severity(
    share=0.2,
    between=0.1,
    blur=0.15,
    max_blur=0.6,
    sharpen=0.25,
    ringing=0.05,
    noise=0.2,
    max_noise=5,
    code=0.4,
    twice=0.1,
    qualities=(85, 95),
)
STANDARD = Severity(
    share=0.35,
    between=0.2,
    blur=0.25,
    max_blur=0.9,
    sharpen=0.3,
    ringing=0.1,
    noise=0.4,
    max_noise=12,
    code=0.65,
    twice=0.2,
    qualities=(60, 95),
)
SEVERE = Severity(
    share=0.3,
    between=0.3,
    blur=0.35,
    max_blur=1.2,
    sharpen=0.3,
    ringing=0.15,
    noise=0.55,
    max_noise=25,
    code=0.75,
    twice=0.3,
    qualities=(30, 90),
)
SEVERITIES = (WEAK, STANDARD, SEVERE)
NOISY = Severity(
    share=1.0,
    between=0.1,
    blur=0.15,
    max_blur=0.8,
    sharpen=0.1,
    ringing=0.05,
    noise=1.0,
    max_noise=32,
    code=0.3,
    twice=0.1,
    qualities=(50, 95),
    min_noise=6,
)
BLURRED = Severity(
    share=1.0,
    between=0.1,
    blur=1.0,
    max_blur=1.5,
    sharpen=0.0,
    ringing=0.0,
    noise=0.3,
    max_noise=3,
    code=0.35,
    twice=0.1,
    qualities=(80, 97),
    min_blur=0.4,
)
SHARPENED = replace(BLURRED, blur=0.0, sharpen=1.0, light=0.35)
COMPRESSED = Severity(
    share=1.0,
    between=0.1,
    blur=0.15,
    max_blur=0.8,
    sharpen=0.15,
    ringing=0.05,
    noise=0.3,
    max_noise=8,
    code=1.0,
    twice=0.2,
    qualities=(30, 95),
)
BY_FAULT: Mapping[Degradation, Severity] = {
    "noisy": NOISY,
    "blurred": BLURRED,
    "sharpened": SHARPENED,
    "compressed": COMPRESSED,
}
"""Severities at which every picture has the fault that names them."""
