"""The two kinds of networks, their traits and their configurations.

Shape suffixes: B batch, H W rows and columns, s scale, T names in ``told``.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

import torch
from torch import Tensor, nn

from srcli.errors import listed
from srcli.pixels.resize import Kernel

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

ConfigT = TypeVar("ConfigT", bound="DataclassInstance")

EPSILON = 1e-6
"""Largest amount that rounding adds to a ratio."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChopRule:
    """Rule by which the authors of a network cut images into tiles.

    An image is cut into overlapping quarters, and quarters that are too large are cut again.

    Attributes:
        largest_area: number of pixels from which a quarter is cut again.
        overlap: pixels that are added to half of the image's side.
        multiple: number whose multiple a side of a quarter should be.
        grows: whether a side grows to the next multiple, even if it is one already. Otherwise
            the remainder is added to it.

    """

    largest_area: int
    overlap: int = 10
    multiple: int = 1
    grows: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class CommonTraits:
    """What the engine must know of every network. Lengths are in pixels of the network's input.

    Attributes:
        receptive_radius: largest distance, along either axis, from which an input sample changes
            an output sample; None if the network sees the whole image.
        size_multiple: number that must divide both sides of the input.
        minimum_size: smallest side of the input.
        maximum_size: largest side of the input; None if there is no limit.
        window: side of the windows in which the network works. Tiles start where windows start,
            so that samples share a window as they do in the whole image.
        overlap: how much of its surroundings a tile is shown with on each side, for a network
            that sees the whole image; None for a default.
        edge: how much of ``overlap`` has no weight in the result. Near the edge of a tile, the
            network fills up with zeros what it is not shown.
        shares_statistics: whether the network takes means over its whole input that tiles can
            share: see ``srcli.networks.statistics``.
        reduced: precisions below float32 in which its convolutions may run.
        tile: side of the input up to which the work per pixel is moderate, for a network whose
            work grows with the square of the pixels; None for the others.

    """

    receptive_radius: int | None
    size_multiple: int = 1
    minimum_size: int = 1
    maximum_size: int | None = None
    window: int = 1
    overlap: int | None = None
    edge: int = 0
    shares_statistics: bool = False
    reduced: tuple[torch.dtype, ...] = (torch.bfloat16, torch.float16)
    tile: int | None = None

    @property
    def step(self) -> int:
        """Number of whose multiples every tile starts on one."""
        return math.lcm(self.size_multiple, self.window)


@dataclass(frozen=True, slots=True, kw_only=True)
class BetweenScales:
    """How networks of fixed scales reach factors between them.

    Attributes:
        overshoot_until: ratio up to which one larger scale, reduced, is better than a network of
            any ratio for the rest; None if it never is.
        corrected_below: ratio below which results are corrected by what they lack of their
            source; None for never.

    """

    overshoot_until: float | None = None
    corrected_below: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedScaleTraits(CommonTraits):
    """Traits of a network of one scale.

    Attributes:
        scale: output size over input size.
        chop: the authors' own tiling; None if they published none.
        between: how it reaches other factors.

    """

    scale: int
    chop: ChopRule | None = None
    between: BetweenScales = BetweenScales()

    @property
    def output_scale(self) -> int:
        """Output samples for each sample of the network's input, along one axis."""
        return self.scale

    @property
    def coarseness(self) -> float:
        """Always 1: the network has one grid."""
        return 1.0

    def at(self, ratio: float) -> FixedScaleTraits:  # noqa: ARG002 - the signature of both kinds
        """Return the same traits: they do not depend on a ratio."""
        return self


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """The traits of a network of any ratio that hold in one range of ratios.

    ``max_ratio`` is the end of the range. The other attributes are those of ``CommonTraits``.
    """

    max_ratio: float
    receptive_radius: int | None
    size_multiple: int
    minimum_size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """Where results of a network of any ratio are corrected by what they lack of their source.

    Attributes:
        below: ratio below which they are.
        overshoot_from: what the attribute of ``AnyRatioTraits`` is for such results.

    """

    below: float
    overshoot_from: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AnyRatioTraits(CommonTraits):
    """Traits of a network of any ratio, whose input is already enlarged to the output size.

    Attributes:
        max_ratio: largest ratio of one pass.
        restoring_ratio: ratio by which a picture that keeps its size is enlarged and reduced
            again, for weights that undo more than a reduction; None for all others.
        told: names of the ``strengths`` that the network can be told of its input, in this order.
            Each is in [0, 1]; 0 is what the network assumes.
        overshoot_from: ratio above which a pass of the next whole ratio, reduced again, is better
            than one of the ratio itself; None if it never is.
        correction: where results are corrected by their source; None for never. Weights that
            undo more than a reduction need none.
        kernel: kernel of plain resizing, which stands in the place of a network and reaches any
            size in one pass; None for networks.
        reaches: traits by range of ratios, by rising ``max_ratio``; empty if one range covers
            all. The common traits then hold for all ratios.

    """

    scale: ClassVar[None] = None
    chop: ClassVar[None] = None
    max_ratio: float = 2.0
    restoring_ratio: float | None = None
    told: tuple[str, ...] = ()
    overshoot_from: float | None = None
    correction: Correction | None = None
    kernel: Kernel | None = None
    reaches: tuple[Reach, ...] = ()

    @property
    def output_scale(self) -> int:
        """Always 1: the network keeps the size of its input."""
        return 1

    @property
    def coarseness(self) -> float:
        """Size multiple over that of the lowest ratios: how much coarser the network's grid is."""
        return self.size_multiple / self.reaches[0].size_multiple if self.reaches else 1.0

    def at(self, ratio: float) -> AnyRatioTraits:
        """Return the traits that hold at one ratio; ``max_ratio`` is the end of its range."""
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


NetworkTraits = FixedScaleTraits | AnyRatioTraits
"""The traits of either kind of network."""


class FixedScaleNetwork(nn.Module, ABC):
    """A network of one scale: it enlarges an image, or restores it at scale 1."""

    if TYPE_CHECKING:

        def __call__(self, image_B3HW: Tensor) -> Tensor: ...

    @property
    @abstractmethod
    def traits(self) -> FixedScaleTraits:
        """What the engine must know."""

    @abstractmethod
    def forward(self, image_B3HW: Tensor) -> Tensor:
        """Map RGB float (B, 3, H, W) in [0, 1] to RGB float (B, 3, sH, sW), not clamped."""


class AnyRatioNetwork(nn.Module, ABC):
    """A network of any ratio: it restores what bicubic enlargement lost."""

    if TYPE_CHECKING:

        def __call__(
            self, image_B3HW: Tensor, ratio: float, strengths_BT: Tensor | None = None
        ) -> Tensor: ...

    @property
    @abstractmethod
    def traits(self) -> AnyRatioTraits:
        """What the engine must know."""

    @abstractmethod
    def forward(
        self, image_B3HW: Tensor, ratio: float, strengths_BT: Tensor | None = None
    ) -> Tensor:
        """Map RGB float (B, 3, H, W) in [0, 1] to RGB float of the same shape, not clamped.

        Args:
            image_B3HW: image that is already enlarged to the output size.
            ratio: ratio of that enlargement, in (1, ``traits.max_ratio``].
            strengths_BT: strengths of the degradations that ``traits.told`` names, in [0, 1];
                zeros if None. A network that is told nothing ignores them.

        """


SrNetwork = FixedScaleNetwork | AnyRatioNetwork
"""A network of either kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkSpec(Generic[ConfigT]):
    """One entry of the network catalogue.

    Attributes:
        name: id of the network, lower case.
        config: frozen dataclass of the network's hyper-parameters, which are plain JSON values.
            A network of a fixed scale has a field ``scale``.
        build: makes a network with fresh weights.
        presets: configurations by name, at the first of ``scales``.
        scales: scales for which a network of a fixed scale can be built; empty for any ratio.
        untrained: prefixes of parameters that the network keeps but never uses.
        source: the paper, and the authors' code if they published it.

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
            msg = f"the network {self.name} has no preset {preset!r}, only {listed(self.presets)}"
            raise ValueError(msg)
        if not self.scales and scale is None:
            return self.presets[preset]
        if scale not in self.scales:
            wanted = ", ".join(f"x{s}" for s in self.scales) or "any ratio, without a scale"
            msg = f"the network {self.name} is trained for {wanted}"
            raise ValueError(msg)
        config: ConfigT = replace(self.presets[preset], scale=scale)
        return config


AnySpec = NetworkSpec[Any]
