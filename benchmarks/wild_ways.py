"""The ways of ``wild.py``: how HR is reduced, degraded and written as a file."""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from random import Random

import numpy as np
import torch
from PIL import Image, ImageFilter
from torch import Tensor
from wild_scenes import SCENES

from srcli.images.synthetic.filters import convolve
from srcli.metrics.protocol import reduce_for
from srcli.training.kernels import grain

Reduce = Callable[[Tensor, int], Tensor]
"""Reduces HR (1, 3, H, W), uint8, by a scale that divides its sides, to LR, uint8."""
Degradation = Callable[[Tensor, Random], Tensor]
"""Degrades LR (1, 3, h, w), uint8; the size stays."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """How a file is written: Pillow's name of the format, its suffix, and its settings."""

    name: str
    suffix: str
    settings: tuple[tuple[str, int | bool | str], ...] = ()

    def write(self, image: Tensor) -> bytes:
        """Encode RGB uint8 (1, 3, H, W)."""
        file = io.BytesIO()
        to_pillow(image).save(file, self.name, **dict(self.settings))
        return file.getvalue()


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way in which pictures come to be: reduced, degraded and written."""

    reduce: Reduce
    degrade: Degradation
    container: Container

    def __call__(self, hr: Tensor, scale: int, random: Random) -> bytes:
        """Make a file of LR from HR, uint8 (1, 3, H, W)."""
        return self.container.write(self.degrade(self.reduce(hr, scale), random))


def to_pillow(image: Tensor) -> Image.Image:
    return Image.fromarray(image[0].permute(1, 2, 0).contiguous().numpy())


def from_pillow(image: Image.Image) -> Tensor:
    return torch.from_numpy(np.array(image.convert("RGB"))).permute(2, 0, 1)[None].contiguous()


def by_matlab(hr: Tensor, scale: int) -> Tensor:
    return reduce_for(hr, scale)[0]


def by_pillow(hr: Tensor, scale: int, *, kernel: Image.Resampling) -> Tensor:
    size = (hr.shape[3] // scale, hr.shape[2] // scale)
    return from_pillow(to_pillow(hr).resize(size, kernel))


def unchanged(image: Tensor, _random: Random) -> Tensor:
    return image


def sharpened(image: Tensor, _random: Random, *, percent: int) -> Tensor:
    return from_pillow(to_pillow(image).filter(ImageFilter.UnsharpMask(1, percent, 0)))


def blurred(image: Tensor, _random: Random, *, sigma: float) -> Tensor:
    distance = torch.arange(-4, 5).double()
    kernel = torch.exp(-(distance**2) / (2 * sigma**2))
    kernel = (kernel / kernel.sum()).view(1, 1, -1, 1)
    channels = torch.nn.functional.pad(image.double(), (4,) * 4, mode="reflect").transpose(0, 1)
    rows = torch.nn.functional.conv2d(channels, kernel)
    both = torch.nn.functional.conv2d(rows, kernel.transpose(2, 3)).transpose(0, 1)
    return (both + 0.5).clamp(0, 255).to(torch.uint8)


def noisy(image: Tensor, random: Random, *, sigma: float) -> Tensor:
    noise = np.random.default_rng(random.getrandbits(64)).normal(0, sigma, image.shape)
    return (image + torch.from_numpy(noise) + 0.5).clamp(0, 255).to(torch.uint8)


def grainy(image: Tensor, random: Random, *, sigma: float) -> Tensor:
    noise = np.random.default_rng(random.getrandbits(64)).normal(0, sigma, image.shape[1:])
    coarse = convolve(noise.transpose(1, 2, 0).astype(np.float32), grain(GRAIN))
    return (image + torch.from_numpy(coarse).permute(2, 0, 1) + 0.5).clamp(0, 255).to(torch.uint8)


def recoded(image: Tensor, _random: Random, *, container: Container) -> Tensor:
    with Image.open(io.BytesIO(container.write(image))) as decoded:
        return from_pillow(decoded)


def jpeg(quality: int) -> Container:
    settings = (("quality", quality), ("subsampling", "4:2:0"))
    return Container(name="JPEG", suffix=".jpg", settings=settings)


def webp(quality: int) -> Container:
    return Container(name="WEBP", suffix=".webp", settings=(("quality", quality),))


def avif(quality: int) -> Container:
    return Container(name="AVIF", suffix=".avif", settings=(("quality", quality),))


PNG = Container(name="PNG", suffix=".png")
CODECS: Mapping[str, Callable[[int], Container]] = {"JPEG": jpeg, "WebP": webp, "AVIF": avif}

GRAIN = 0.8
"""Standard deviation in pixels of the Gaussian that makes noise coarse."""
DRAWN_ANEW = ", drawn anew"
STEP = re.compile(r"(?P<kind>blurred|sharpened|noise|grain) (?P<strength>\d+(?:\.\d+)?)")
CODED = re.compile(r"(?P<codec>JPEG|WebP|AVIF) (?P<quality>\d+)(?P<as_png> as PNG)?")
DEGRADATIONS: Mapping[str, Callable[[float], Degradation]] = {
    "blurred": lambda sigma: partial(blurred, sigma=sigma),
    "sharpened": lambda percent: partial(sharpened, percent=round(percent)),
    "noise": lambda sigma: partial(noisy, sigma=sigma),
    "grain": lambda sigma: partial(grainy, sigma=sigma),
}
CLEAN = Way(reduce=by_matlab, degrade=unchanged, container=PNG)
NAMED: Mapping[str, Way] = {
    "clean": CLEAN,
    "Lanczos": replace(CLEAN, reduce=partial(by_pillow, kernel=Image.Resampling.LANCZOS)),
    "box": replace(CLEAN, reduce=partial(by_pillow, kernel=Image.Resampling.BOX)),
    "sharpened": replace(CLEAN, degrade=partial(sharpened, percent=50)),
    **{f"{kind}{how}": CLEAN for kind in SCENES for how in ("", DRAWN_ANEW)},
}
WAYS = (
    *("clean", "Lanczos", "box", "sharpened", "JPEG 92", "JPEG 80", "JPEG 60", "JPEG 40"),
    *("JPEG 60 as PNG", "WebP 60", "noise 5", "noise 10", "noise 20", "noise 8, JPEG 80"),
    *("blurred 0.8", "blurred 0.8, JPEG 90", "sharpened 30, JPEG 90"),
    *("sharpened 80, JPEG 85", "grain 10", "grain 20"),
    *(f"{kind}{how}" for kind in SCENES for how in ("", DRAWN_ANEW)),
)


def way_of(name: str) -> Way:
    """Return a way by its name.

    A way that is not in ``NAMED`` is a list of steps, each of any strength, such as
    ``blurred 0.8, noise 2, JPEG 90``. A coding can only be the last one.
    """
    if name in NAMED:
        return NAMED[name]
    *steps, last = name.split(", ")
    coded = CODED.fullmatch(last)
    found = [STEP.fullmatch(step) for step in (steps if coded else [*steps, last])]
    degradations = [DEGRADATIONS[one["kind"]](float(one["strength"])) for one in found if one]
    if len(degradations) < len(found):
        sys.exit(f"there is no way called {name!r}: try {', '.join(WAYS)}")
    container = CODECS[coded["codec"]](int(coded["quality"])) if coded else PNG
    if coded and coded["as_png"]:
        degradations.append(partial(recoded, container=container))
        container = PNG
    return replace(CLEAN, degrade=partial(in_turn, steps=degradations), container=container)


def in_turn(image: Tensor, random: Random, *, steps: Sequence[Degradation]) -> Tensor:
    for step in steps:
        image = step(image, random)
    return image
