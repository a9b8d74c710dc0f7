"""Makes LR pictures that are spoilt in many ways, for ``suited.py`` and ``sharpening.py``."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter
from torch import Tensor

from srcli.images.decode import read_uint8
from srcli.images.synthetic.filters import convolve
from srcli.pixels.resize import resize_uint8
from srcli.training.drawn import draw_scene
from srcli.training.kernels import gaussian, grain
from srcli.training.severities import BY_FAULT
from srcli.training.wild import draw_by, draw_wild

SCALE = 2
KINDS = (
    *(("by steps", 0.55), ("wild", 0.2), ("sharpened", 0.07)),
    *(("compressed", 0.06), ("noisy", 0.06), ("blurred", 0.06)),
)
"""How LR is made: by the steps below, or as the trainer does it, and how often."""
STEPS = (
    *(("", 13), ("sharpened", 13), ("coded", 10), ("white", 9), ("grain", 6), ("blurred", 5)),
    *(("white coded", 4), ("sharpened coded", 4), ("sharpened white", 2), ("blurred coded", 2)),
    *(("sharpened grain", 1.5), ("grain coded", 1.5), ("blurred white", 1)),
)
KERNELS = (
    *(("matlab", 10), ("bicubic", 2), ("lanczos", 3), ("box", 3), ("bilinear", 1), ("hamming", 1)),
)
"""How often each kernel is used. All but MATLAB's are Pillow's."""
AMOUNTS = ((0.1, 0.35), (0.1, 0.35), (0.3, 0.7), (0.45, 0.55), (0.5, 1.0))
RADII = ((1.0, 1.0), (1.0, 1.0), (0.5, 1.6))
WHITE = ((0.5, 4.0), (1.0, 12.0), (5.0, 30.0))
COARSE = ((0.5, 6.0), (2.0, 25.0))
GRAIN = (0.45, 1.1)
BLUR = (0.4, 1.3)
QUALITIES = ((30, 97), (75, 97))
SHARE_OF_GRAY_NOISE, SHARE_OF_WEBP, SHARE_OF_SAVED_AS_PNG = 0.4, 0.2, 0.35
SHARE_OF_DRAWN, DRAWN_SIDE = 0.06, 512
SIDES = (128, 160, 192, 192)
"""Sides of LR in pixels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lr:
    """A file of LR, and the level of the noise in it."""

    content: bytes
    name: str
    noise: float


def spoilt_example(path: Path, random: Random) -> tuple[Tensor, Lr]:
    """Return a part of HR, and LR that was made of it."""
    if random.random() < SHARE_OF_DRAWN:
        hr = draw_scene(DRAWN_SIDE, random).render(DRAWN_SIDE, DRAWN_SIDE)[None]
    else:
        hr = read_uint8(path)
    wanted = SCALE * random.choice(SIDES)
    height, width = (min(length, wanted) // SCALE * SCALE for length in hr.shape[2:])
    top, left = (
        random.randint(0, whole - part)
        for whole, part in zip(hr.shape[2:], (height, width), strict=True)
    )
    hr = hr[..., top : top + height, left : left + width].contiguous()
    size = height // SCALE, width // SCALE
    kind = _pick(random, KINDS)
    if kind == "by steps":
        return hr, _by_steps(hr, size, random)
    make = draw_wild(random) if kind == "wild" else draw_by(random, BY_FAULT[kind])
    made = make(hr[0], size)
    content = _file_of(_image_of(made.image[None]), "PNG")
    return hr, Lr(content=content, name="lr.png", noise=made.strengths.noise)


def _by_steps(hr: Tensor, size: tuple[int, int], random: Random) -> Lr:
    """Reduce HR by any kernel, and spoil it in none to two ways."""
    kernel, steps = _pick(random, KERNELS), _pick(random, STEPS).split()
    image, noise = reduced(hr, size, kernel), 0.0
    for step in steps:
        if step == "coded":
            return _coded(image, noise, random)
        if step in {"white", "grain"}:
            noise = random.uniform(*random.choice(WHITE if step == "white" else COARSE))
            image = _changed(
                image, partial(_noisy, noise=noise, is_coarse=step == "grain", random=random)
            )
        elif step == "blurred":
            sigma = random.uniform(*BLUR)
            image = _changed(image, partial(convolve, kernel=gaussian(sigma, sigma)))
        else:
            percent = round(100 * random.uniform(*random.choice(AMOUNTS)))
            radius = random.uniform(*random.choice(RADII))
            image = image.filter(ImageFilter.UnsharpMask(radius, percent, 0))
    return Lr(content=_file_of(image, "PNG"), name="lr.png", noise=noise)


def reduced(hr: Tensor, size: tuple[int, int], kernel: str) -> Image.Image:
    """Reduce HR, uint8 (1, 3, H, W), to (h, w) by a kernel of Pillow's or by ``matlab``."""
    if kernel == "matlab":
        return _image_of(resize_uint8(hr, size))
    return _image_of(hr).resize(size[::-1], Image.Resampling[kernel.upper()])


def _noisy(
    samples: NDArray[np.float32], *, noise: float, is_coarse: bool, random: Random
) -> NDArray[np.float32]:
    """Add noise to samples (H, W, 3), equal in all channels or not."""
    channels = 1 if random.random() < SHARE_OF_GRAY_NOISE else 3
    generator = np.random.default_rng(random.getrandbits(63))
    drawn = generator.normal(0, noise, (*samples.shape[:2], channels)).astype(np.float32)
    drawn = np.broadcast_to(drawn, samples.shape)
    return samples + (convolve(drawn, grain(random.uniform(*GRAIN))) if is_coarse else drawn)


def _coded(image: Image.Image, noise: float, random: Random) -> Lr:
    """Compress LR, and save a part of what that gives as PNG."""
    quality = random.randint(*random.choice(QUALITIES))
    if random.random() < SHARE_OF_WEBP:
        content, suffix = _file_of(image, "WEBP", quality=quality), "webp"
    else:
        subsampling = random.choice(("4:4:4", "4:2:0"))
        content = _file_of(image, "JPEG", quality=quality, subsampling=subsampling)
        suffix = "jpg"
    if random.random() < SHARE_OF_SAVED_AS_PNG:
        with Image.open(io.BytesIO(content)) as decoded:
            content, suffix = _file_of(decoded.convert("RGB"), "PNG"), "png"
    return Lr(content=content, name=f"lr.{suffix}", noise=noise)


def _changed(
    image: Image.Image, change: Callable[[NDArray[np.float32]], NDArray[np.float32]]
) -> Image.Image:
    samples = change(np.asarray(image, np.float32))
    return Image.fromarray((samples + 0.5).clip(0, 255).astype(np.uint8))


def _file_of(image: Image.Image, kind: str, **settings: int | str) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **settings)
    return file.getvalue()


def _image_of(pixels: Tensor) -> Image.Image:
    return Image.fromarray(pixels[0].permute(1, 2, 0).contiguous().numpy())


def _pick(random: Random, options: Sequence[tuple[str, float]]) -> str:
    """Choose one of several options, each with its weight."""
    return random.choices([one for one, _ in options], [weight for _, weight in options])[0]
