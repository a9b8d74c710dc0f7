"""What a network is to the rest of the tool: a module, its traits, its configurations."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from torch import Tensor, nn

from srcli.errors import listed
from srcli.pixels.resize import Kernel

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

ConfigT = TypeVar("ConfigT", bound="DataclassInstance")

EPSILON = 1e-6
"""What rounding may add to a ratio."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChopRule:
    """How the authors of a network cut pictures into tiles.

    A quarter's side is half the picture's and ``overlap``, and then it grows to the next
    multiple of ``multiple`` (always, even from one) if ``grows``, else by its remainder.
    Quarters of at least ``largest_area`` pixels are quartered again.
    """

    largest_area: int
    overlap: int = 10
    multiple: int = 1
    grows: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """What ``NetworkTraits`` says, for the ratios of one range, which ends at ``max_ratio``."""

    max_ratio: float
    receptive_radius: int | None
    size_multiple: int
    minimum_size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkTraits:
    """What the engine must know of a network; lengths in pixels of the network's input.

    Attributes:
        scale: output size over input size, or None for a network of any ratio, which takes
            the picture already enlarged to the output size, together with the ratio.
        max_ratio: largest ratio of one pass of a network of any ratio.
        restoring_ratio: how far a network of any ratio enlarges a picture that is to keep its
            size and is reduced again: what its weights undo is undone then; None if nothing.
        receptive_radius: no output sample depends on input samples farther away than this
            (along either axis); None if it sees the whole image.
        size_multiple: both sides of the input must be divisible by this.
        minimum_size: both sides of the input must be at least this.
        tile: side of the input up to which the work per pixel is moderate, for networks whose
            work grows with the square of the pixels; None for the others.
        told: names of what a network of any ratio may be told of its input, as the numbers of
            ``strengths`` in this order, each in [0, 1]; 0 is what it takes for granted.
        chop: the authors' own tiling, where they published one.
        reaches: of a network of any ratio whose reach, multiple and minimum differ by ratio:
            what they are, by rising ``max_ratio``. The fields above then hold for all ratios.
        overshoot_from: of a network of any ratio, the ratio above which it is better to go on to
            the next whole ratio and reduce the result; None where it never is.
        kernel: of plain resizing to any size in one pass, which is then all that is done; None for
            networks.

    """

    scale: int | None
    max_ratio: float = 2.0
    restoring_ratio: float | None = None
    receptive_radius: int | None
    size_multiple: int = 1
    minimum_size: int = 1
    tile: int | None = None
    told: tuple[str, ...] = ()
    chop: ChopRule | None = None
    overshoot_from: float | None = None
    kernel: Kernel | None = None
    reaches: tuple[Reach, ...] = ()

    @property
    def coarseness(self) -> float:
        """How many times as coarse the network's grid is as at the lowest ratios."""
        return self.size_multiple / self.reaches[0].size_multiple if self.reaches else 1.0

    def at(self, ratio: float) -> NetworkTraits:
        """Return the traits that hold at one ratio; ``max_ratio`` is where their range ends."""
        for reach in self.reaches:
            if ratio <= reach.max_ratio + EPSILON:
                return replace(
                    self,
                    max_ratio=reach.max_ratio,
                    receptive_radius=reach.receptive_radius,
                    size_multiple=reach.size_multiple,
                    minimum_size=reach.minimum_size,
                )
        return self


class SrNetwork(nn.Module, ABC):
    """A network: RGB float (B, 3, H, W) in [0, 1] to RGB float, not clamped.

    A fixed-scale network is called as ``network(image)`` and returns (B, 3, sH, sW); one of
    any ratio as ``network(enlarged, ratio)`` and keeps the size. One that is told how spoilt its
    input is takes ``strengths``, (B, number of ``traits.told``), as a third argument.
    """

    @property
    @abstractmethod
    def traits(self) -> NetworkTraits:
        """What the engine must know."""

    @abstractmethod
    def forward(self, image_B3HW: Tensor, ratio: float | None = None) -> Tensor:
        """Enlarge or restore a batch of pictures."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkSpec(Generic[ConfigT]):
    """One entry of the network catalogue.

    Attributes:
        name: id of the network, lower case.
        config: frozen dataclass of the network's hyper-parameters, of plain JSON values; a
            fixed-scale network has a field ``scale``.
        build: makes a network with fresh weights.
        presets: the named configurations, at the first of ``scales``.
        scales: the factors a fixed-scale network can be built for; empty for any ratio.
        untrained: prefixes of parameters that the network keeps but never uses.
        source: paper, and the authors' code where there is any.

    """

    name: str
    config: type[ConfigT]
    build: Callable[[ConfigT], SrNetwork]
    presets: Mapping[str, ConfigT]
    scales: tuple[int, ...] = ()
    untrained: tuple[str, ...] = ()
    source: str = field(default="")

    def configure(self, preset: str, scale: int | None = None) -> ConfigT:
        """Return the configuration of a preset, for a fixed scale where there is one.

        Raises:
            ValueError: no such preset or scale.

        """
        if preset not in self.presets:
            msg = f"{self.name} has no preset {preset!r}, only {listed(self.presets)}"
            raise ValueError(msg)
        if not self.scales and scale is None:
            return self.presets[preset]
        if scale not in self.scales:
            wanted = ", ".join(f"x{s}" for s in self.scales) or "any ratio, without a scale"
            msg = f"{self.name} is trained for {wanted}"
            raise ValueError(msg)
        config: ConfigT = replace(self.presets[preset], scale=scale)
        return config


AnySpec = NetworkSpec[Any]
