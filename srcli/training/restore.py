"""What a restoration network undoes: JPEG, or white Gaussian noise, at any strength.

The levels to measure at are those of the literature on artefact removal and on blind colour
denoising; training covers the range around them.
"""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

import torch
from torch import Tensor

from srcli.images.recompress import jpeg_round_trip
from srcli.training.config import Degradation
from srcli.training.photo import add_noise

JPEG_QUALITIES = (10, 90)
SHARE_OF_SUBSAMPLING = 0.5
MAX_NOISE = 50
"""Standard deviation, in levels of 8 bits."""

LEVELS: Mapping[Degradation, tuple[int, ...]] = {"jpeg": (10, 20, 30, 40), "noise": (15, 25, 50)}
"""What is measured: JPEG qualities, and standard deviations in levels of 8 bits."""


def degrade_jpeg(images: Tensor, random: Random) -> Tensor:
    """Compress each of (B, 3, H, W) uint8 at its own quality, with halved colour or without."""
    return torch.stack(
        [
            jpeg_round_trip(
                image,
                quality=random.randint(*JPEG_QUALITIES),
                subsample=random.random() < SHARE_OF_SUBSAMPLING,
            )
            for image in images
        ]
    )


def degrade_noise(images: Tensor, random: Random) -> Tensor:
    """Add noise of its own strength to each of (B, 3, H, W) uint8."""
    return torch.stack(
        [
            add_noise(image, random.uniform(0, MAX_NOISE) / 255, random.getrandbits(63))
            for image in images
        ]
    )


def degrade_at(images: Tensor, degradation: Degradation, level: int, *, seed: int) -> Tensor:
    """Degrade pictures (B, 3, H, W) uint8 at one of ``LEVELS``; the same for the same seed."""
    if degradation == "noise":
        return add_noise(images, level / 255, seed)
    return torch.stack([jpeg_round_trip(x, quality=level, subsample=True) for x in images])
