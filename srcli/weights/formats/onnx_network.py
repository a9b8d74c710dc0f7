"""Networks in ONNX files.

A file says little of what its network takes. The rest is found by running it on small pictures:
of what the sides must be multiples, what it takes and gives for white, and by what it enlarges.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

from srcli.errors import CorruptWeights
from srcli.networks.spec import FixedScaleNetwork, FixedScaleTraits
from srcli.pixels.resize import resize
from srcli.weights.formats.onnx_session import CHANNELS, LEVELS, RANK, OnnxSession

MULTIPLES = (1, 2, 4, 8, 16, 32, 64)
"""The sides of a picture may have to be multiples of these. The first that works is taken."""
SIDES = (49, 35)
"""Least height and width of the pictures that free sizes are tried with."""
LEAST_SIDE = 16
"""The least side of a picture that a network of free sizes is shown, if it runs on that."""
SMALLEST_FIXED = 32
"""Side of the pictures of a network of fixed sizes; smaller tiles are mostly overlap."""
OVERLAP = 32
"""Pixels of its surroundings that a tile is shown on each side."""
SHARE_OF_FIXED = 4
"""A network of a fixed size overlaps its tiles by at most its side divided by this."""
CLEARLY = 0.5
"""Part of the distance of the range [0, 1] that another range must stay below to be taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OnnxConfig:
    """What was found out about a network.

    Attributes:
        scale: output size over input size.
        samples: type of the samples that it takes.
        white: the largest value that it takes, 1 or 255.
        white_made: the largest value that it gives.
        height: of all pictures that it takes; 0 if it takes any.
        width: the same.

    """

    scale: int
    samples: str
    white: int
    white_made: int
    height: int
    width: int


class OnnxNetwork(FixedScaleNetwork):
    """A network in an ONNX file. How far it sees is not known, so its tiles overlap."""

    def __init__(self, session: OnnxSession, config: OnnxConfig, traits: FixedScaleTraits) -> None:
        super().__init__()
        self._session, self.config, self._traits = session, config, traits

    @property
    def traits(self) -> FixedScaleTraits:
        """What the engine must know."""
        return self._traits

    @property
    def parameter_count(self) -> int:
        """How many parameters the file holds; PyTorch sees none of them."""
        return self._session.parameters

    def forward(self, image_B3HW: Tensor) -> Tensor:  # noqa: N803 - shape suffix
        """Enlarge one picture after the other, on the processor."""
        enlarged = [self._enlarge(image.cpu().float()) for image in torch.split(image_B3HW, 1)]
        return torch.cat(enlarged).to(image_B3HW.device)

    def _enlarge(self, image: Tensor) -> Tensor:
        config, (height, width) = self.config, image.shape[2:]
        below, right = max(0, config.height - height), max(0, config.width - width)
        shown = functional.pad(image, (0, right, 0, below), mode="replicate")
        made = self._session.run(shown * config.white) / config.white_made
        scale = config.scale
        wanted = scale * shown.shape[2], scale * shown.shape[3]
        if made.shape != (1, CHANNELS, *wanted):
            self._session.refuse(
                f"gives an array of {tuple(made.shape)}, not {_size(wanted)} pixels"
            )
        return made[..., : scale * height, : scale * width]


def load_onnx(path: Path) -> OnnxNetwork:
    """Open the network of an ONNX file, and find out what it takes.

    Raises:
        MissingExtra: onnx or onnxruntime is not installed.
        CorruptWeights: it cannot be read or run, refers to other files, or does not enlarge RGB
            pictures by a whole factor.

    """
    session = OnnxSession(path, [_free_sides(multiple) for multiple in MULTIPLES])
    height, width = session.fixed
    fixed = min((side for side in session.fixed if side), default=None)
    if fixed is not None and fixed < SMALLEST_FIXED:
        session.refuse(f"takes pictures of {fixed} pixels a side alone, which is too small")
    multiple, scale = _enlargement(session)
    white, white_made = _whites(session, _sides(session, multiple), scale)
    overlap = OVERLAP if fixed is None else min(OVERLAP, fixed // SHARE_OF_FIXED)
    traits = FixedScaleTraits(
        scale=scale,
        receptive_radius=None,
        size_multiple=multiple,
        minimum_size=1 if fixed else _minimum(session, multiple),
        maximum_size=fixed,
        overlap=overlap,
        edge=overlap // 2,
    )
    config = OnnxConfig(
        scale=scale,
        samples=str(session.dtype).removeprefix("torch."),
        white=white,
        white_made=white_made,
        height=height,
        width=width,
    )
    return OnnxNetwork(session, config, traits)


def _enlargement(session: OnnxSession) -> tuple[int, int]:
    """Return of what both sides must be multiples, and by what factor a picture grows."""
    failure: CorruptWeights | None = None
    for multiple in MULTIPLES[:1] if all(session.fixed) else MULTIPLES:
        sides = _sides(session, multiple)
        try:
            return multiple, _factor(session, sides)
        except CorruptWeights as error:
            failure = failure or error
    raise failure or AssertionError


def _factor(session: OnnxSession, sides: tuple[int, int]) -> int:
    """Return by what factor a network enlarges pictures of one size."""
    height, width = sides
    found = session.run(torch.full((1, CHANNELS, height, width), 0.5)).shape
    if len(found) != RANK or found[:2] != (1, CHANNELS):
        session.refuse(f"gives an array of {tuple(found)}, not an RGB picture")
    scale = found[2] // height
    if not scale or found[2:] != (scale * height, scale * width):
        made = f"makes {_size(found[2:])} pixels of {_size(sides)}"
        session.refuse(f"{made}, and does not enlarge by a whole factor")
    return scale


def _sides(session: OnnxSession, multiple: int) -> tuple[int, int]:
    """Return the sides that are fixed, and odd multiples of a number for the others."""
    free, fixed = _free_sides(multiple), session.fixed
    return fixed[0] or free[0], fixed[1] or free[1]


def _free_sides(multiple: int) -> tuple[int, int]:
    height, width = (multiple * (-(-side // multiple) | 1) for side in SIDES)
    return height, width


def _minimum(session: OnnxSession, multiple: int) -> int:
    side = max(LEAST_SIDE, multiple)
    try:
        session.run(torch.full((1, CHANNELS, side, side), 0.5))
    except CorruptWeights:
        return max(_sides(session, multiple))
    return side


def _whites(session: OnnxSession, sides: tuple[int, int], scale: int) -> tuple[int, int]:
    """Return what a network takes, and what it gives, for white.

    A network that enlarges gives nearly what a resize gives. Shown samples of another range than
    it was trained for, it gives something else.
    """
    picture = _waves(sides)
    wanted = resize(picture, (scale * sides[0], scale * sides[1]))
    distance = {}
    for white in (LEVELS,) if session.dtype == torch.uint8 else (1, LEVELS):
        made = session.run(picture * white)
        for white_made in (1, LEVELS):
            far = (made / white_made - wanted).abs().mean()
            distance[white, white_made] = float(far.nan_to_num(torch.inf))
    usual, nearest = next(iter(distance)), min(distance, key=distance.__getitem__)
    return nearest if distance[nearest] < CLEARLY * distance[usual] else usual


def _waves(sides: tuple[int, int]) -> Tensor:
    """Return a picture of smooth waves, RGB (1, 3, H, W) in [0.2, 0.8], other in each colour."""
    rows, columns = (torch.linspace(0, 6, side) for side in sides)
    phases = rows[:, None] + columns, rows[:, None] - columns, columns.expand(sides)
    return 0.5 + 0.3 * torch.stack(phases).sin()[None]


def _size(sides: tuple[int, ...]) -> str:
    height, width = sides
    return f"{width}x{height}"
