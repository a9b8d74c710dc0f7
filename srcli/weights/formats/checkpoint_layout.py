"""How one network is recognised in the state dict of its authors, and how its names become ours."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from srcli.errors import CorruptWeights, listed
from srcli.networks.spec import AnySpec

State = Mapping[str, Tensor]

KERNEL_RANK = 4
MATRIX_RANK = 2
EIGHT_BIT_RANGE = 255.0
EIGHT_BIT_BIAS = 10.0
"""A mean shift beyond this belongs to 0..255, not to 0..1."""


class Config(Protocol):
    """Configuration of a network of a fixed scale, a frozen dataclass."""

    @property
    def scale(self) -> int:
        """Output size over input size."""


def _unchanged(state: State, _config: Config) -> State:
    return state


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """What the files of one network's authors look like.

    Attributes:
        spec: the network.
        marks: patterns of the starts of names that no other network has together.
        configure: reads the configuration from names and shapes. A file that holds the weights
            of several scales is read for the scale that is given, or the largest if it is None.
        unused: patterns of whole names that our network does not have, after the renaming.
        rename: turns the authors' names into ours, for a configuration.
        published: presets that the authors published files of.

    """

    spec: AnySpec
    marks: tuple[str, ...]
    configure: Callable[[State, int | None], Config]
    unused: tuple[str, ...] = ()
    rename: Callable[[State, Config], State] = _unchanged
    published: tuple[str, ...] = ("paper",)

    def knows(self, state: State) -> bool:
        """Tell whether a state dict is of this network."""
        return all(any(re.match(mark, name) for name in state) for mark in self.marks)

    def drops(self, name: str) -> bool:
        """Tell whether an entry is left out."""
        return any(re.fullmatch(pattern, name) for pattern in self.unused)


def renaming(*pairs: tuple[str, str]) -> Callable[[State, Config], State]:
    """Return a function that renames entries by patterns and what stands in their place."""

    def rename(state: State, _config: Config) -> State:
        renamed = {}
        for old, tensor in state.items():
            name = old
            for pattern, instead in pairs:
                name = re.sub(pattern, instead, name)
            renamed[name] = tensor
        return renamed

    return rename


def shape_of(state: State, name: str, *, rank: int = KERNEL_RANK) -> torch.Size:
    """Return the shape of a convolution's kernel that must be there, or of a matrix.

    Raises:
        CorruptWeights: it is missing, of another rank, or empty.

    """
    if name not in state:
        msg = f"The checkpoint is missing: {name}."
        raise CorruptWeights(msg)
    shape = state[name].shape
    if len(shape) != rank or 0 in shape:
        msg = f"The checkpoint has an entry of the wrong shape: {name} {tuple(shape)}."
        raise CorruptWeights(msg)
    return shape


def count(state: State, pattern: str) -> int:
    """Count the distinct matches of the pattern's group among the names."""
    return len({found[1] for name in state if (found := re.match(pattern, name))})


def rgb_range(state: State) -> float:
    """Return the value range of the weights, as the mean shift tells it."""
    bias = state.get("sub_mean.bias")
    large = bias is not None and bool((bias.abs() > EIGHT_BIT_BIAS).any())
    return EIGHT_BIT_RANGE if large else 1.0


def upsampler_scale(state: State) -> int:
    """Return the scale of EDSR's upsampler, ``tail.0``."""
    shape = shape_of(state, "tail.0.0.weight")
    if shape[0] == 9 * shape[1]:
        return 3
    return 1 << count(state, r"tail\.0\.(\d+)\.weight$")


def chosen_scale(scale: int | None, held: tuple[int, ...], *, otherwise: int) -> int:
    """Return the scale to read a file for that holds the weights of several.

    Raises:
        CorruptWeights: it does not hold those of ``scale``.

    """
    if scale is None:
        return otherwise
    if scale not in held:
        msg = (
            f"The checkpoint has no weights for x{scale}, only for {listed(f'x{s}' for s in held)}."
        )
        raise CorruptWeights(msg)
    return scale
