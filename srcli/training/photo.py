"""What happens to pictures in the wild after they were reduced: blur, noise, JPEG."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial, reduce
from random import Random

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - PyTorch's own usage

from srcli.images.recompress import jpeg_round_trip
from srcli.pixels.color import quantize

Spoil = Callable[[Tensor], Tensor]
"""What happens to one picture, RGB uint8 (3, H, W), with all that chance decides decided."""

SHARE_OF_BLUR = 0.3
SHARE_OF_NOISE = 0.3
SHARE_OF_JPEG = 0.9
SHARE_OF_SUBSAMPLING = 0.7
MAX_BLUR = 0.8
"""Standard deviation of a Gaussian, in pixels."""
MAX_NOISE = 6 / 255
JPEG_QUALITIES = (50, 95)


def degrade_photo(images: Tensor, random: Random) -> Tensor:
    """Blur, add noise and compress each picture, each or not, in random order.

    Args:
        images: RGB uint8 (B, 3, H, W).
        random: decides what, in which order and how much.

    Returns:
        RGB uint8 (B, 3, H, W).

    """
    return torch.stack([draw_photo(random)(image) for image in images])


def draw_photo(random: Random) -> Spoil:
    """Decide what happens to one picture."""
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
    return lambda image: reduce(lambda spoilt, step: step(spoilt), steps, image)


def add_noise(image: Tensor, deviation: float, seed: int) -> Tensor:
    """Add white Gaussian noise to a uint8 picture of any shape; ``deviation`` of 1 is white."""
    generator = torch.Generator().manual_seed(seed)
    noise = torch.randn(image.shape, generator=generator) * deviation
    return _bytes(image / 255 + noise)


def _blur(random: Random) -> Spoil:
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


def _noise(random: Random) -> Spoil:
    seed = random.getrandbits(63)
    return partial(add_noise, deviation=random.uniform(0, MAX_NOISE), seed=seed)


def _jpeg(random: Random) -> Spoil:
    quality = random.randint(*JPEG_QUALITIES)
    subsample = random.random() < SHARE_OF_SUBSAMPLING
    return partial(jpeg_round_trip, quality=quality, subsample=subsample)


def _bytes(image: Tensor) -> Tensor:
    return (quantize(image) * 255).round_().to(torch.uint8)
