"""What happens to pictures before people enlarge them: the degradation ``wild``.

HR is reduced in one of the ways that programs have, at once or over a size between. Then LR is
blurred, sharpened, made noisy and compressed, each or not, in random order. A third of the
pictures meets weak degradations and a third meets severe ones, as in DASR (Liang et al. 2022);
some are reduced as the benchmarks do and left alone, so that a network learns to leave alone
what is not spoilt. Targets are never changed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
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
from srcli.training.degradations import Degraded, MakeLr, Strengths, unspoilt
from srcli.training.kernels import gaussian, sinc, unsharp

T = TypeVar("T")
Levels = NDArray[np.float32]
"""RGB (H, W, 3), 0 to 255, not rounded."""

SHARE_OF_CLEAN = 0.15
BLOCK = 8
"""Side of the blocks of JPEG: a coding begins up to so many pixels beside the picture's corner."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grade:
    """How often and how much a picture is spoilt.

    Attributes:
        share: of the pictures that are not clean.
        between: chance of a size between HR and LR, at which it may be spoilt already.
        blur: chance of it.
        max_blur: largest standard deviation of the Gaussian, in pixels.
        sharpen: chance of it.
        ringing: chance of a sinc filter.
        noise: chance of it.
        max_noise: largest standard deviation, in levels of 8 bits.
        code: chance of a lossy coding.
        twice: chance that a coding was preceded by another one, on a shifted grid.
        qualities: least and largest quality of a coding.

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


WEAK = Grade(
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
STANDARD = Grade(
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
SEVERE = Grade(
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
GRADES = (WEAK, STANDARD, SEVERE)

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
"""Share of reductions that are the mean of two ways."""
FARTHEST_BETWEEN = 2.0
"""How many times as large as LR a size between is at most."""
SPOILT_BETWEEN = 0.5

SHARE_OF_ROUND_BLUR = 0.6
LIGHT_SHARPENING, STRONGEST_SHARPENING = 0.3, 1.0
SHARE_OF_LIGHT_SHARPENING = 0.8
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
"""Of two codings. The other way round, the first one hardly matters."""
NOISES = (("white", 0.4), ("gray", 0.2), ("signal", 0.2), ("grain", 0.2))


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoilt:
    """A picture on its way to LR.

    Attributes:
        image: as it is.
        quiet: the same without its noise, so that what is left of it can be measured; None if
            it has none.
        compression: as of :class:`Strengths`.

    """

    image: Levels
    quiet: Levels | None = None
    compression: float = 0.0

    def changed(self, change: Callable[[Levels], Levels]) -> Spoilt:
        """Change the picture, and also what it would be without noise."""
        quiet = None if self.quiet is None else change(self.quiet)
        return Spoilt(image=change(self.image), quiet=quiet, compression=self.compression)

    def finished(self) -> Degraded:
        """Round it to 8 bits, and measure what is left of the noise."""
        levels = _bytes(self.image)
        image = torch.from_numpy(levels).permute(2, 0, 1).contiguous()
        if self.quiet is None:
            return Degraded(image=image, strengths=Strengths(compression=self.compression))
        noise = levels.astype(np.float32) - _bytes(self.quiet)
        deviation = float(np.sqrt(np.square(noise).mean()))
        left = torch.from_numpy(noise).permute(2, 0, 1).contiguous()
        return Degraded(
            image=image,
            strengths=Strengths(noise=deviation, compression=self.compression),
            noise=left if self.compression == 0 else None,
        )


Step = Callable[[Spoilt], Spoilt]
Size = tuple[int, int]
"""Height and width."""


def draw_wild(random: Random) -> MakeLr:
    """Decide how one picture is reduced and spoilt."""
    if random.random() < SHARE_OF_CLEAN:
        return unspoilt
    grade = _pick(random, [(grade, grade.share) for grade in GRADES])
    reduction = _draw_reduction(random, grade)
    steps = _draw_steps(random, grade)

    def make(crop: Tensor, size: Size) -> Degraded:
        samples = crop.permute(1, 2, 0).contiguous().numpy()
        spoilt = reduction(Spoilt(image=samples.astype(np.float32)), size)
        for step in steps:
            spoilt = step(spoilt)
        return spoilt.finished()

    return make


def _draw_reduction(random: Random, grade: Grade) -> Callable[[Spoilt, Size], Spoilt]:
    """Decide how HR becomes as small as LR: at once, or over a size between."""
    last = _draw_resize(random)
    if random.random() >= grade.between:
        return last
    first, far = _draw_resize(random), random.uniform(1.05, FARTHEST_BETWEEN)
    steps = [draw(random, grade) for draw in (_noise, _code) if random.random() < SPOILT_BETWEEN]

    def reduce(spoilt: Spoilt, size: Size) -> Spoilt:
        sides = zip(size, spoilt.image.shape[:2], strict=True)
        height, width = (min(round(far * side), most) for side, most in sides)
        spoilt = first(spoilt, (height, width))
        for step in steps:
            spoilt = step(spoilt)
        small = last(spoilt, size)
        weaker = spoilt.compression * math.sqrt(size[0] * size[1] / (height * width))
        return Spoilt(image=small.image, quiet=small.quiet, compression=weaker)

    return reduce


def _draw_resize(random: Random) -> Callable[[Spoilt, Size], Spoilt]:
    """Choose one way to resize, or two and how much of each."""
    first, second = _pick(random, KERNELS), _pick(random, KERNELS)
    part = random.random() if random.random() < SHARE_OF_HYBRIDS else 1.0

    def resize(image: Levels, size: Size) -> Levels:
        levels = _bytes(image)
        made = resample(levels, size, first).astype(np.float32)
        if part < 1:
            made = part * made + (1 - part) * resample(levels, size, second).astype(np.float32)
        return made

    return lambda spoilt, size: spoilt.changed(partial(resize, size=size))


def _draw_steps(random: Random, grade: Grade) -> list[Step]:
    """Decide what happens to LR, and in which order."""
    gates = (
        (_blur, grade.blur),
        (_sharpen, grade.sharpen),
        (_ringing, grade.ringing),
        (_noise, grade.noise),
        (_code, grade.code),
    )
    draws = [draw for draw, share in gates if random.random() < share]
    random.shuffle(draws)
    return [draw(random, grade) for draw in draws]


def _blur(random: Random, grade: Grade) -> Step:
    along = random.uniform(0.2, grade.max_blur)
    is_round = random.random() < SHARE_OF_ROUND_BLUR
    across = along if is_round else random.uniform(0.2, along)
    kernel = gaussian(along, across, random.uniform(0, math.pi))
    return lambda spoilt: spoilt.changed(lambda image: convolve(image, kernel))


def _sharpen(random: Random, grade: Grade) -> Step:  # noqa: ARG001 - the same at every grade
    is_light = random.random() < SHARE_OF_LIGHT_SHARPENING
    span = (0.03, LIGHT_SHARPENING) if is_light else (LIGHT_SHARPENING, STRONGEST_SHARPENING)
    kernel = unsharp(random.uniform(*span), random.uniform(0.5, 1.5))
    return lambda spoilt: spoilt.changed(lambda image: convolve(image, kernel).clip(0, 255))


def _ringing(random: Random, grade: Grade) -> Step:  # noqa: ARG001 - the same at every grade
    kernel = sinc(random.uniform(*CUTOFFS), random.randint(3, 8))
    return lambda spoilt: spoilt.changed(lambda image: convolve(image, kernel).clip(0, 255))


def _noise(random: Random, grade: Grade) -> Step:
    deviation, seed = random.uniform(0, grade.max_noise), random.getrandbits(63)
    kind, size = _pick(random, NOISES), random.uniform(0.45, 1.0)

    def add(spoilt: Spoilt) -> Spoilt:
        generator = np.random.default_rng(seed)
        height, width, channels = spoilt.image.shape
        shape = (height, width, 1 if kind == "gray" else channels)
        noise = generator.standard_normal(shape, dtype=np.float32) * np.float32(deviation)
        if kind == "grain":
            kernel = gaussian(size, size)
            noise = convolve(noise, kernel / np.sqrt(np.square(kernel).sum()))
        elif kind == "signal":
            noise *= np.sqrt(spoilt.image.clip(0, 255) / 128)
        quiet = spoilt.image if spoilt.quiet is None else spoilt.quiet
        noisy = (spoilt.image + noise).clip(0, 255)
        return Spoilt(image=noisy, quiet=quiet, compression=spoilt.compression)

    return add


def _code(random: Random, grade: Grade) -> Step:
    """Decide on a coding, or on two of which the first is the worse or the better one."""
    codings = [_draw_coding(random, grade)]
    if random.random() < grade.twice:
        codings.append(_draw_coding(random, grade))
        worse_first = random.random() < SHARE_OF_WORSE_FIRST
        codings.sort(key=lambda coding: coding.strength, reverse=worse_first)
    places = [(random.randrange(BLOCK), random.randrange(BLOCK)) for _ in codings]
    strength = max(coding.strength for coding in codings)

    def code(image: Levels) -> Levels:
        levels = _bytes(image)
        for coding, place in zip(codings, places, strict=True):
            levels = _coded(levels, coding, place)
        return levels.astype(np.float32)

    def step(spoilt: Spoilt) -> Spoilt:
        coded = spoilt.changed(code)
        worst = max(spoilt.compression, strength)
        return Spoilt(image=coded.image, quiet=coded.quiet, compression=worst)

    return step


def _draw_coding(random: Random, grade: Grade) -> Coding:
    return Coding(
        codec=_pick(random, CODECS),
        quality=random.randint(*grade.qualities),
        subsample=random.random() < SHARE_OF_SUBSAMPLING,
        encoder=_pick(random, ENCODERS),
    )


def _coded(levels: NDArray[np.uint8], coding: Coding, place: tuple[int, int]) -> NDArray[np.uint8]:
    """Code a picture of which this is a part: its blocks begin at some place beside the corner."""
    top, left = place
    wider = np.pad(levels, ((top, BLOCK), (left, BLOCK), (0, 0)), mode="symmetric")
    height, width = levels.shape[:2]
    return recompress(wider, coding)[top : top + height, left : left + width]


def _pick(random: Random, options: Sequence[tuple[T, float]]) -> T:
    """Choose one of some things, each with its weight."""
    weights = [weight for _, weight in options]
    return random.choices(options, weights)[0][0]


def _bytes(image: Levels) -> NDArray[np.uint8]:
    return np.asarray((image + 0.5).clip(0, 255), np.uint8)
