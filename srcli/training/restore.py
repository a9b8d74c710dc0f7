"""What a restoration network undoes: JPEG or white Gaussian noise of any strength, or a mosaic.

The levels to measure at are those of the literature on artefact removal and on blind colour
denoising; training covers the range around them.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from random import Random

import torch
from torch import Tensor

from srcli.images.synthetic.jpeg_roundtrip import jpeg_round_trip
from srcli.pixels.mosaic import mosaic
from srcli.pixels.noise import add_noise
from srcli.training.config import Degradation
from srcli.training.degradations import Degrade

JPEG_QUALITIES = (10, 90)
SHARE_OF_SUBSAMPLING = 0.5
MAX_NOISE = 50
"""Standard deviation, in levels of 8 bits."""

LEVELS: Mapping[Degradation, tuple[int, ...]] = {
    "jpeg": (10, 20, 30, 40),
    "noise": (15, 25, 50),
    "mosaic": (1,),
}
"""What is measured: JPEG qualities, standard deviations in levels of 8 bits, the one mosaic."""


def draw_jpeg(random: Random) -> Degrade:
    """Decide how one picture is compressed: its quality, and whether its colour is halved."""
    quality = random.randint(*JPEG_QUALITIES)
    subsample = random.random() < SHARE_OF_SUBSAMPLING
    return partial(jpeg_round_trip, quality=quality, subsample=subsample)


def draw_noise(random: Random) -> Degrade:
    """Decide which noise one picture gets."""
    deviation = random.uniform(0, MAX_NOISE) / 255
    return partial(add_noise, deviation=deviation, seed=random.getrandbits(63))


def mosaic_one(image: Tensor) -> Tensor:
    """Make the Bayer mosaic of one picture (3, H, W), filled up bilinearly."""
    return mosaic(image[None])[0]


def degrade_at(images: Tensor, degradation: Degradation, level: int, *, seed: int) -> Tensor:
    """Degrade pictures (B, 3, H, W) uint8 at one of ``LEVELS``; the same for the same seed."""
    if degradation == "noise":
        return add_noise(images, level / 255, seed)
    if degradation == "mosaic":
        return mosaic(images)
    return torch.stack([jpeg_round_trip(x, quality=level, subsample=True) for x in images])
