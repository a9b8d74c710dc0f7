"""ASDN, one network for any ratio in (1, 2] or (1, 4], and any factor through recursion.

Paper: Shen, Wang, Zhang, "ASDN: A Deep Convolutional Network for Arbitrary Scale Image
Super-Resolution", arXiv 2010.02414. The authors published neither code nor weights.

The input is the picture enlarged to the output size. One trunk makes features of it. Eleven
heads, one for each ratio 1.0, 1.1 ... 2.0, predict what the enlargement lost. The output at a
ratio between two heads is their linear blend (Laplacian frequency representation, Eq. 1-3).

Our local variant reaches ratio 4 in one pass. It unshuffles the enlarged picture by 2 for ratios
in (1, 2], by 3 in (2, 3] and by 4 in (3, 4], so the trunk always runs on about the grid of the
small picture. Each of these grids has its own stem and heads. Above ratio 2 it has one head, and
its own last blocks. The grids share one trunk, or those above ratio 2 share a second one.

Presets (parameters):
    paper   22,438,288   16 dense attention blocks of 8 layers, 64 channels
    light      839,008   8 blocks of 4 layers, 32 channels
    base     1,264,836   ours, not the authors': 16 plain residual blocks of 64 channels on the
                         grid reduced by two (pixel unshuffle), no attention, so its reach is
                         finite and tiles join bit for bit; 0.299 MMAC per output pixel
    fast       436,500   the same with 9 blocks of 48 channels; 0.096 MMAC per output pixel
    photo      436,500   the same as fast
    wild       450,420   fast, and it is told the strengths of noise and compression
    wide         958,719   fast up to ratio 2, and a second trunk for ratios up to 4 in one pass;
                           MMAC per output pixel: 0.096 up to ratio 2, 0.049 up to 3, 0.029 up to 4
    base-wide  2,680,847   base, and a second trunk in the same way; MMAC per output pixel: 0.299
                           up to ratio 2, 0.143 up to 3, 0.082 up to 4

Our choices where the paper is silent: the kernels for compression and restoration are 1x1, which
gives the known parameter counts; spatial attention has three mask channels; the head of ratio
1.0 is the identity, so it is stored but never used.

The levels and passes of the paper end at ratio 2. Those of larger ratios are ours.

Shape suffixes: B batch, C channels, H W rows and columns of the output, T names in ``TOLD``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from torch import Tensor, nn

from srcli.networks.blocks.dense_attention import DenseTrunk, DenseTrunkConfig, SpatialAttention
from srcli.networks.blocks.ratio_heads import blended_head, fresh_heads
from srcli.networks.blocks.residual import (
    ResidualBlock,
    ResidualLayers,
    ResidualNetwork,
    Shifts,
)
from srcli.networks.spec import (
    EPSILON,
    AnyRatioNetwork,
    AnyRatioTraits,
    Correction,
    NetworkSpec,
    Reach,
)

LEVELS = 11
PHASES = LEVELS - 1
FIRST_OCTAVE = 2.0
LARGEST_RATIO = 4
OVERSHOOT_FROM = 1.55
"""On nine validation pictures, ratio 2 reduced is 0.12 dB ahead at 1.6 and 0.13 behind at 1.4."""
CORRECTION = Correction(below=2.0, overshoot_from=1.25)
"""On nine validation pictures, a correction wins 1.1 dB at 1.1, 0.08 at 1.9 and 0.02 at 2.2. Ratio
2, reduced and corrected, is 0.24 dB ahead at 1.3, and takes 2.4 times as long."""
TOLD = ("noise", "compression")
"""Strengths: standard deviation of the noise over 50 of 255 levels; (100 - JPEG quality) / 100."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AsdnConfig:
    """Size of an ASDN.

    Attributes:
        blocks: number of dense blocks, or of residual blocks of the local trunk.
        width: channels of a block.
        dense_layers: layers of a dense block. 0 makes the local trunk, which consists of
            residual pairs of 3x3 convolutions on the grid reduced by ``unshuffle``.
        growth, stem: channels of a dense layer, and of the first convolution of the paper's trunk.
        unshuffle: factor by which the local trunk reduces the grid.
        max_ratio: largest ratio of one pass, 2 to 4. Above 2, the network needs the local trunk
            and an ``unshuffle`` of 2.
        own_blocks: residual blocks after the trunk that belong to one grid above ratio 2.
        upper_blocks: residual blocks of a second trunk for ratios above 2; 0 for one trunk.
        is_told: 1 for a local network that can be told the strengths in ``TOLD``, else 0.
        restoring_ratio: ratio in (1, 2] for weights that undo more than a reduction: see
            ``AnyRatioTraits``. It is 0 for all others.
        levels: number of heads for the ratios from 1 to 2.
        channel_attention, spatial_attention, skip: parts of the paper's network that an ablation
            leaves out. ``skip`` adds the enlarged picture to the output.

    Raises:
        ValueError: a ratio is out of its range, or there is only one level.

    """

    blocks: int
    width: int
    dense_layers: int = 0
    growth: int = 0
    stem: int = 64
    unshuffle: int = 1
    max_ratio: int = 2
    own_blocks: int = 0
    upper_blocks: int = 0
    is_told: int = 0
    restoring_ratio: float = 0.0
    levels: int = LEVELS
    channel_attention: bool = True
    spatial_attention: bool = True
    skip: bool = True

    def __post_init__(self) -> None:
        if self.levels < 2:  # noqa: PLR2004 - the two ends of the range
            msg = f"ratios are blended between 2 levels or more, not {self.levels}"
            raise ValueError(msg)
        if self.restoring_ratio and not 1 < self.restoring_ratio <= FIRST_OCTAVE:
            msg = f"a picture is restored by way of a ratio in (1, 2], not {self.restoring_ratio}"
            raise ValueError(msg)
        if not FIRST_OCTAVE <= self.max_ratio <= LARGEST_RATIO:
            msg = f"one pass reaches a ratio of 2, 3 or 4, not {self.max_ratio}"
            raise ValueError(msg)
        if self.max_ratio > FIRST_OCTAVE and (self.dense_layers or self.unshuffle != FIRST_OCTAVE):
            msg = "ratios above 2 need the local trunk and an unshuffle of 2"
            raise ValueError(msg)


PAPER = AsdnConfig(blocks=16, width=64, dense_layers=8, growth=64)
LIGHT = AsdnConfig(blocks=8, width=32, dense_layers=4, growth=32)
BASE = AsdnConfig(blocks=16, width=64, unshuffle=2)
FAST = AsdnConfig(blocks=9, width=48, unshuffle=2)
PHOTO = replace(FAST, restoring_ratio=1.5)
WILD = replace(PHOTO, is_told=1)
WIDE = replace(FAST, max_ratio=4, own_blocks=1, upper_blocks=9)
BASE_WIDE = replace(BASE, max_ratio=4, own_blocks=1, upper_blocks=16)


def blend_of(ratio: float, phases: int = PHASES) -> tuple[int, float]:
    """Return the head ``i`` of a ratio and the weight ``w`` of head ``i - 1``.

    The blended output is (1 - w) O_i + w O_{i-1} (Eq. 3). At the ratio of a head, w is exactly 0.

    Args:
        ratio: ratio in (1, 2].
        phases: number of heads after that of ratio 1.

    """
    position = phases * (ratio - 1)
    upper = min(max(math.ceil(position - EPSILON), 1), phases)
    weight = max(0.0, upper - position)
    return upper, weight if weight >= EPSILON else 0.0


def grid_of(ratio: float) -> int:
    """Return the factor by which the local trunk's grid is coarser than the output at a ratio."""
    return max(math.ceil(ratio - EPSILON), 2)


class RestorationBranch(nn.Module):
    """Head of the paper: an RGB residual, masked by spatial attention if it ``attends``."""

    def __init__(self, channels: int, *, attends: bool = True) -> None:
        super().__init__()
        self.restore = nn.Conv2d(channels, 3, 1)
        self.attention = SpatialAttention() if attends else nn.Identity()

    def forward(self, features_BCHW: Tensor) -> Tensor:
        residual_B3HW: Tensor = self.attention(self.restore(features_BCHW))
        return residual_B3HW


class Asdn(AnyRatioNetwork):
    """The network of the paper. Channel attention pools globally, so it sees the whole image."""

    def __init__(self, config: AsdnConfig) -> None:
        super().__init__()
        self.config = config
        trunk = DenseTrunkConfig(
            blocks=config.blocks,
            layers=config.dense_layers,
            width=config.width,
            growth=config.growth,
            stem=config.stem,
            attends=config.channel_attention,
        )
        self.trunk = DenseTrunk(trunk)
        self.heads = nn.ModuleList(
            RestorationBranch(trunk.out_channels, attends=config.spatial_attention)
            for _ in range(config.levels)
        )

    @property
    def traits(self) -> AnyRatioTraits:
        return AnyRatioTraits(
            max_ratio=FIRST_OCTAVE,
            receptive_radius=None,
            restoring_ratio=self.config.restoring_ratio or None,
        )

    def forward(
        self, image_B3HW: Tensor, ratio: float, strengths_BT: Tensor | None = None
    ) -> Tensor:
        del strengths_BT  # this network is told nothing
        level, weight = blend_of(ratio, phases=self.config.levels - 1)
        features_BCHW = self.trunk(image_B3HW)
        output_B3HW: Tensor = (1 - weight) * self.heads[level](features_BCHW)
        if self.config.skip:
            output_B3HW = image_B3HW + output_B3HW
        if weight > 0 and level > 1:
            output_B3HW = output_B3HW + weight * self.heads[level - 1](features_BCHW)
        return output_B3HW


class CoarserGrid(nn.Module):
    """The parts around the trunk that belong to ratios in (unshuffle - 1, unshuffle].

    One head serves them all: a pass of the whole ratio, reduced again, is better than heads of
    ratios between.
    """

    def __init__(self, config: AsdnConfig, unshuffle: int) -> None:
        super().__init__()
        samples = 3 * unshuffle**2
        self.stem = nn.Conv2d(samples, config.width, 3, padding=1)
        self.blocks = nn.ModuleList(ResidualBlock(config.width) for _ in range(config.own_blocks))
        self.head = fresh_heads(config.width, samples, 1)[0]
        for block in self.blocks:
            for parameter in block.get_submodule("second").parameters():
                nn.init.zeros_(parameter)


class LocalAsdn(ResidualNetwork):
    """Our local variant: the same blending over a trunk of finite reach, up to ratio 4.

    The heads are bare convolutions. A blend of two outputs equals one convolution with blended
    weights, so only that one is computed.
    """

    def __init__(self, config: AsdnConfig) -> None:
        super().__init__()
        self.config = config
        samples = 3 * config.unshuffle**2
        self.stem = nn.Conv2d(samples, config.width, 3, padding=1)
        self.blocks = nn.ModuleList(ResidualBlock(config.width) for _ in range(config.blocks))
        self.heads = fresh_heads(config.width, samples, config.levels)
        self.coarser = nn.ModuleDict(
            {str(step): CoarserGrid(config, step) for step in range(3, config.max_ratio + 1)}
        )
        self.upper = nn.ModuleList(ResidualBlock(config.width) for _ in range(config.upper_blocks))
        count = config.blocks + config.upper_blocks + config.own_blocks * len(self.coarser)
        self.shifts = Shifts(len(TOLD), count, config.width) if config.is_told else None

    @property
    def traits(self) -> AnyRatioTraits:
        config = self.config
        blocks = {config.unshuffle: config.blocks}
        above = (config.upper_blocks or config.blocks) + config.own_blocks
        blocks |= {int(step): above for step in self.coarser}
        reaches = tuple(
            Reach(
                max_ratio=max(FIRST_OCTAVE, step) if self.coarser else FIRST_OCTAVE,
                receptive_radius=(2 * count + 2) * step + step - 1,
                size_multiple=step,
                minimum_size=step,
            )
            for step, count in blocks.items()
        )
        return AnyRatioTraits(
            max_ratio=float(config.max_ratio),
            restoring_ratio=config.restoring_ratio or None,
            receptive_radius=reaches[-1].receptive_radius,
            size_multiple=math.lcm(*blocks),
            minimum_size=reaches[-1].minimum_size,
            told=TOLD if config.is_told else (),
            reaches=reaches,
            overshoot_from=None if config.restoring_ratio else OVERSHOOT_FROM,
            correction=None if config.restoring_ratio else CORRECTION,
        )

    def layers(self, ratio: float, strengths_BT: Tensor | None = None) -> ResidualLayers:
        """Return the layers that run at a ratio in (1, max_ratio]; see ``ResidualNetwork``."""
        config, step = self.config, grid_of(ratio)
        if str(step) not in self.coarser:
            return ResidualLayers(
                unshuffle=config.unshuffle,
                stem=self.stem,
                blocks=[*self.blocks],
                shifts=self._shifts(strengths_BT, range(config.blocks)),
                head=blended_head(
                    (None, *list(self.heads)[1:]), *blend_of(ratio, phases=config.levels - 1)
                ),
            )
        own = self.coarser.get_submodule(str(step))
        first_upper = config.blocks if config.upper_blocks else 0
        first_own = config.blocks + config.upper_blocks + (step - 3) * config.own_blocks
        upper = range(first_upper, first_upper + len(self.upper_trunk))
        last = range(first_own, first_own + config.own_blocks)
        return ResidualLayers(
            unshuffle=step,
            stem=own.get_submodule("stem"),
            blocks=[*self.upper_trunk, *own.get_submodule("blocks").children()],
            shifts=self._shifts(strengths_BT, (*upper, *last)),
            head=(own.get_parameter("head.weight"), own.get_parameter("head.bias")),
        )

    def _shifts(
        self, strengths_BT: Tensor | None, indices: Sequence[int]
    ) -> tuple[Tensor | None, ...]:
        """Return the shifts of blocks by their indices."""
        if self.shifts is None or strengths_BT is None:
            return (None,) * len(indices)
        shifts = self.shifts(strengths_BT)
        return tuple(shifts[index] for index in indices)

    @property
    def upper_trunk(self) -> nn.ModuleList:
        """The blocks that run at every ratio above 2."""
        return self.upper or self.blocks


def build(config: AsdnConfig) -> AnyRatioNetwork:
    """Make an ASDN with fresh weights."""
    return Asdn(config) if config.dense_layers else LocalAsdn(config)


SPEC = NetworkSpec(
    name="asdn",
    config=AsdnConfig,
    build=build,
    presets={
        "paper": PAPER,
        "light": LIGHT,
        "base": BASE,
        "fast": FAST,
        "photo": PHOTO,
        "wild": WILD,
        "wide": WIDE,
        "base-wide": BASE_WIDE,
    },
    untrained=("heads.0.",),
    source="arXiv 2010.02414; no code or weights were published",
)
