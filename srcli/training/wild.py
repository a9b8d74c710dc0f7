"""The degradation ``wild``: what happens to pictures before people enlarge them.

HR is reduced by one of the kernels that programs use, in one step or in two. Then LR may be
blurred, sharpened, made noisy and compressed, in random order. There are weak, standard and
severe degradations, as in DASR (Liang et al. 2022). Some pictures are only reduced, as the
benchmarks do it, so that a network learns to leave clean pictures alone. Targets are never
changed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from random import Random
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from srcli.images.codecs.jpeg import Encoder
from srcli.images.synthetic.filters import Kernel, convolve, resample
from srcli.images.synthetic.jpeg_roundtrip import Codec, Coding, recompress
from srcli.training.degradations import Degraded, MakeLr, Strengths, bicubic_lr
from srcli.training.kernels import gaussian, grain, sinc, unsharp
from srcli.training.severities import SEVERITIES, Severity

T = TypeVar("T")
Levels = NDArray[np.float32]
"""RGB (H, W, 3), 0 to 255, not rounded."""

SHARE_OF_CLEAN = 0.15
BLOCK = 8
"""Side of the blocks of JPEG. The block grid is shifted by less than this from the corner."""


KERNELS: tuple[tuple[Kernel, float], ...] = (
    ("bicubic", 0.32),
    ("lanczos", 0.2),
    ("box", 0.15),
    ("area", 0.08),
    ("bilinear", 0.15),
    ("plain-linear", 0.06),
    ("plain-cubic", 0.04),
)
SHARE_OF_HYBRIDS = 0.15
"""Share of reductions that are the mean of two kernels."""
FARTHEST_BETWEEN = 2.0
"""Largest ratio of an intermediate size to the size of LR."""
SHARE_OF_DEGRADED_BETWEEN = 0.5
"""Chance of noise, and chance of a coding, at an intermediate size."""

SHARE_OF_ROUND_BLUR = 0.6
LIGHT_SHARPENING, STRONGEST_SHARPENING = 0.3, 1.0
CUTOFFS = (0.55 * math.pi, math.pi)
CODECS: tuple[tuple[Codec, float], ...] = (("JPEG", 0.82), ("WEBP", 0.14), ("AVIF", 0.04))
ENCODERS: tuple[tuple[Encoder, float], ...] = (
    ("libjpeg", 0.7),
    ("photoshop", 0.12),
    ("mozjpeg", 0.12),
    ("flat", 0.06),
)
SHARE_OF_SUBSAMPLING = 0.7
SHARE_OF_WORSE_FIRST = 0.7
"""Share of double codings whose first coding is the stronger one. In the other order, the first
coding hardly matters."""
NOISES = (("white", 0.4), ("gray", 0.2), ("signal", 0.2), ("grain", 0.2))


@dataclass(frozen=True, slots=True, kw_only=True)
class IntermediateLr:
    """A picture on its way from HR to LR.

    Attributes:
        image: its samples.
        noise_free: its samples without the noise that was added, to measure what is left of
            it; None if no noise was added.
        compression: strength of its codings, as of :class:`Strengths`.

    """

    image: Levels
    noise_free: Levels | None = None
    compression: float = 0.0

    def transformed(self, change: Callable[[Levels], Levels]) -> IntermediateLr:
        """Return the picture after a change, which its noise-free samples undergo as well."""
        noise_free = None if self.noise_free is None else change(self.noise_free)
        return replace(self, image=change(self.image), noise_free=noise_free)

    def to_lr(self) -> Degraded:
        """Round the picture to 8 bits, and measure the noise that is left in it."""
        levels = _bytes(self.image)
        image = torch.from_numpy(levels).permute(2, 0, 1).contiguous()
        if self.noise_free is None:
            return Degraded(image=image, strengths=Strengths(compression=self.compression))
        noise = levels.astype(np.float32) - _bytes(self.noise_free)
        deviation = float(np.sqrt(np.square(noise).mean()))
        left = torch.from_numpy(noise).permute(2, 0, 1).contiguous()
        return Degraded(
            image=image,
            strengths=Strengths(noise=deviation, compression=self.compression),
            noise=left if self.compression == 0 else None,
        )


Size = tuple[int, int]
"""Height and width."""
Step = Callable[[IntermediateLr], IntermediateLr]
Resize = Callable[[IntermediateLr, Size], IntermediateLr]


def draw_wild(random: Random) -> MakeLr:
    """Draw how one picture is reduced and degraded."""
    if random.random() < SHARE_OF_CLEAN:
        return bicubic_lr
    return draw_by(random, _pick(random, [(one, one.share) for one in SEVERITIES]))


def draw_by(random: Random, severity: Severity) -> MakeLr:
    """Draw how one picture is reduced and degraded at a severity."""
    reduction = _draw_reduction(random, severity)
    steps = _draw_steps(random, severity)

    def make(crop: Tensor, size: Size) -> Degraded:
        samples = crop.permute(1, 2, 0).contiguous().numpy()
        lr = reduction(IntermediateLr(image=samples.astype(np.float32)), size)
        for step in steps:
            lr = step(lr)
        return lr.to_lr()

    return make


def _draw_reduction(random: Random, severity: Severity) -> Resize:
    """Draw how HR is reduced to the size of LR: in one step, or over an intermediate size."""
    last = _draw_resize(random)
    if random.random() >= severity.between:
        return last
    first, far = _draw_resize(random), random.uniform(1.05, FARTHEST_BETWEEN)
    steps = [
        draw(random, severity)
        for draw in (_noise, _code)
        if random.random() < SHARE_OF_DEGRADED_BETWEEN
    ]

    def reduce(lr: IntermediateLr, size: Size) -> IntermediateLr:
        sides = zip(size, lr.image.shape[:2], strict=True)
        height, width = (min(round(far * side), most) for side, most in sides)
        lr = first(lr, (height, width))
        for step in steps:
            lr = step(lr)
        small = last(lr, size)
        weaker = lr.compression * math.sqrt(size[0] * size[1] / (height * width))
        return replace(small, compression=weaker)

    return reduce


def _draw_resize(random: Random) -> Resize:
    """Draw a kernel to resize by, or two and the weight of each."""
    first, second = _pick(random, KERNELS), _pick(random, KERNELS)
    part = random.random() if random.random() < SHARE_OF_HYBRIDS else 1.0

    def resize(image: Levels, size: Size) -> Levels:
        levels = _bytes(image)
        made = resample(levels, size, first).astype(np.float32)
        if part < 1:
            made = part * made + (1 - part) * resample(levels, size, second).astype(np.float32)
        return made

    return lambda lr, size: lr.transformed(partial(resize, size=size))


def _draw_steps(random: Random, severity: Severity) -> list[Step]:
    """Draw the degradations of LR and their order."""
    gates = (
        (_blur, severity.blur),
        (_sharpen, severity.sharpen),
        (_ringing, severity.ringing),
        (_noise, severity.noise),
        (_code, severity.code),
    )
    draws = [draw for draw, share in gates if random.random() < share]
    random.shuffle(draws)
    return [draw(random, severity) for draw in draws]


def _blur(random: Random, severity: Severity) -> Step:
    along = random.uniform(severity.min_blur, severity.max_blur)
    is_round = random.random() < SHARE_OF_ROUND_BLUR
    across = along if is_round else random.uniform(severity.min_blur, along)
    kernel = gaussian(along, across, random.uniform(0, math.pi))
    return lambda lr: lr.transformed(lambda image: convolve(image, kernel))


def _sharpen(random: Random, severity: Severity) -> Step:
    is_light = random.random() < severity.light
    span = (0.03, LIGHT_SHARPENING) if is_light else (LIGHT_SHARPENING, STRONGEST_SHARPENING)
    kernel = unsharp(random.uniform(*span), random.uniform(0.5, 1.5))
    return lambda lr: lr.transformed(lambda image: convolve(image, kernel).clip(0, 255))


def _ringing(random: Random, severity: Severity) -> Step:  # noqa: ARG001 - equal at every severity
    kernel = sinc(random.uniform(*CUTOFFS), random.randint(3, 8))
    return lambda lr: lr.transformed(lambda image: convolve(image, kernel).clip(0, 255))


def _noise(random: Random, severity: Severity) -> Step:
    deviation, seed = random.uniform(severity.min_noise, severity.max_noise), random.getrandbits(63)
    kind, size = _pick(random, NOISES), random.uniform(0.45, 1.0)

    def add(lr: IntermediateLr) -> IntermediateLr:
        generator = np.random.default_rng(seed)
        height, width, channels = lr.image.shape
        shape = (height, width, 1 if kind == "gray" else channels)
        noise = generator.standard_normal(shape, dtype=np.float32) * np.float32(deviation)
        if kind == "grain":
            noise = convolve(noise, grain(size))
        elif kind == "signal":
            noise *= np.sqrt(lr.image.clip(0, 255) / 128)
        noise_free = lr.image if lr.noise_free is None else lr.noise_free
        noisy = (lr.image + noise).clip(0, 255)
        return replace(lr, image=noisy, noise_free=noise_free)

    return add


def _code(random: Random, severity: Severity) -> Step:
    """Draw one coding, or two in random order of their strengths."""
    codings = [_draw_coding(random, severity)]
    if random.random() < severity.twice:
        codings.append(_draw_coding(random, severity))
        worse_first = random.random() < SHARE_OF_WORSE_FIRST
        codings.sort(key=lambda coding: coding.strength, reverse=worse_first)
    places = [(random.randrange(BLOCK), random.randrange(BLOCK)) for _ in codings]
    strength = max(coding.strength for coding in codings)

    def code(image: Levels) -> Levels:
        levels = _bytes(image)
        for coding, place in zip(codings, places, strict=True):
            levels = _coded(levels, coding, place)
        return levels.astype(np.float32)

    def step(lr: IntermediateLr) -> IntermediateLr:
        return replace(lr.transformed(code), compression=max(lr.compression, strength))

    return step


def _draw_coding(random: Random, severity: Severity) -> Coding:
    return Coding(
        codec=_pick(random, CODECS),
        quality=random.randint(*severity.qualities),
        subsample=random.random() < SHARE_OF_SUBSAMPLING,
        encoder=_pick(random, ENCODERS),
    )


def _coded(levels: NDArray[np.uint8], coding: Coding, place: tuple[int, int]) -> NDArray[np.uint8]:
    """Code a picture whose block grid is shifted by ``place`` from its corner."""
    top, left = place
    wider = np.pad(levels, ((top, BLOCK), (left, BLOCK), (0, 0)), mode="symmetric")
    height, width = levels.shape[:2]
    return recompress(wider, coding)[top : top + height, left : left + width]


def _pick(random: Random, options: Sequence[tuple[T, float]]) -> T:
    """Choose one of several options, each with its weight."""
    weights = [weight for _, weight in options]
    return random.choices(options, weights)[0][0]


def _bytes(image: Levels) -> NDArray[np.uint8]:
    return np.asarray((image + 0.5).clip(0, 255), np.uint8)
