"""How LR is made of HR: reduced, and then blurred, made noisy and compressed."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial, reduce
from random import Random

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - PyTorch's own usage

from srcli.images.synthetic.jpeg_roundtrip import jpeg_round_trip
from srcli.pixels.color import quantize
from srcli.pixels.noise import add_noise
from srcli.pixels.resize import resize, resize_uint8

Degrade = Callable[[Tensor], Tensor]
"""Degrades RGB uint8 (3, H, W); the size stays. All random draws have been made."""

SHARE_OF_BLUR = 0.3
SHARE_OF_NOISE = 0.3
SHARE_OF_JPEG = 0.9
SHARE_OF_SUBSAMPLING = 0.7
MAX_BLUR = 0.8
"""Largest standard deviation of the Gaussian, in pixels."""
MAX_NOISE = 6 / 255
"""Largest standard deviation of the noise; 1 is white."""
JPEG_QUALITIES = (50, 95)

STRONGEST_NOISE = 50.0
STRONGEST_COMPRESSION = 100.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Strengths:
    """Strengths of the degradations of a picture, which a network can be told.

    Attributes:
        noise: standard deviation of the noise that is left in LR, in levels of 8 bits.
        compression: 100 minus the quality of the strongest coding; 0 for no coding.

    """

    noise: float = 0.0
    compression: float = 0.0

    @property
    def normalized(self) -> tuple[float, float]:
        """Noise and compression from 0 to 1; 1 is a deviation of 50, and a quality of 0."""
        return (
            min(max(self.noise / STRONGEST_NOISE, 0.0), 1.0),
            min(max(self.compression / STRONGEST_COMPRESSION, 0.0), 1.0),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Degraded:
    """LR, and how it was degraded.

    Attributes:
        image: RGB uint8 (3, h, w).
        strengths: strengths of its degradations; None where they are not measured.
        noise: the noise in LR, float32 (3, h, w) in levels of 8 bits; None if there is none, or
            if LR was compressed as well.

    """

    image: Tensor
    strengths: Strengths | None
    noise: Tensor | None = None


MakeLr = Callable[[Tensor, tuple[int, int]], Degraded]
"""Makes LR of HR, RGB uint8 (3, H, W), and of the (height, width) of LR, which are no larger."""


def keep_noise(crop: Tensor, degraded: Degraded, part: float) -> tuple[Tensor, Degraded]:
    """Add a part of LR's noise to the target, and reduce the told strength to the other part.

    A network that learns from such pairs removes as much noise as it is told of.

    Args:
        crop: HR, RGB uint8 (3, H, W).
        degraded: LR of that crop. Without ``noise``, nothing changes.
        part: part of the noise that stays, 0 to 1.

    Returns:
        HR with that part of the noise, which is enlarged by bicubic, and LR with the strength of
        the rest.

    """
    if degraded.noise is None or degraded.strengths is None:
        return crop, degraded
    height, width = crop.shape[1:]
    kept = resize(part * degraded.noise[None], (height, width))[0]
    told = replace(degraded.strengths, noise=(1 - part) * degraded.strengths.noise)
    target = (crop + kept + 0.5).clamp_(0, 255).to(torch.uint8)
    return target, replace(degraded, strengths=told)


def bicubic_lr(crop: Tensor, size: tuple[int, int]) -> Degraded:
    """Reduce as the benchmarks do, without any degradation."""
    return Degraded(image=resize_uint8(crop[None], size)[0], strengths=Strengths())


def after_bicubic(degrade: Degrade) -> MakeLr:
    """Return what reduces as the benchmarks do, and then degrades."""

    def make(crop: Tensor, size: tuple[int, int]) -> Degraded:
        return Degraded(image=degrade(resize_uint8(crop[None], size)[0]), strengths=None)

    return make


def draw_photo(random: Random) -> Degrade:
    """Draw which of blur, noise and JPEG one picture gets, how strong, and in which order."""
    draws = [
        draw
        for draw, share in (
            (_blur, SHARE_OF_BLUR),
            (_noise, SHARE_OF_NOISE),
            (_jpeg, SHARE_OF_JPEG),
        )
        if random.random() < share
    ]
    random.shuffle(draws)
    steps = [draw(random) for draw in draws]
    return lambda image: reduce(lambda degraded, step: step(degraded), steps, image)


def _blur(random: Random) -> Degrade:
    sigma = random.uniform(0.1, MAX_BLUR)
    radius = math.ceil(3 * sigma)
    distance = torch.arange(-radius, radius + 1, dtype=torch.float32)
    kernel = torch.exp(-(distance**2) / (2 * sigma**2))
    kernel /= kernel.sum()

    def blur(image: Tensor) -> Tensor:
        padded = F.pad(image[None] / 255, (radius,) * 4, mode="replicate").transpose(0, 1)
        rows = F.conv2d(padded, kernel.view(1, 1, -1, 1))
        return _bytes(F.conv2d(rows, kernel.view(1, 1, 1, -1)).transpose(0, 1)[0])

    return blur


def _noise(random: Random) -> Degrade:
    seed = random.getrandbits(63)
    return partial(add_noise, deviation=random.uniform(0, MAX_NOISE), seed=seed)


def _jpeg(random: Random) -> Degrade:
    quality = random.randint(*JPEG_QUALITIES)
    subsample = random.random() < SHARE_OF_SUBSAMPLING
    return partial(jpeg_round_trip, quality=quality, subsample=subsample)


def _bytes(image: Tensor) -> Tensor:
    return (quantize(image) * 255).round_().to(torch.uint8)
