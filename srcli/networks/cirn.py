"""CIRN, back projection with attention between neighbouring layers: our reconstruction.

Paper: Zhang, Lu, Sun, "Cross-layer Information Refining Network for Single Image
Super-Resolution", ICPR 2020. Only the authors' poster is public. This network is designed after
the poster and related networks, so it does not reproduce the results of the paper.

From the poster: a block extracts features. Each group has an intensive up-sampling block, an
intensive down-sampling block and an interlaced spatial attention block (ISAB). ISAB has two
stages of criss-cross attention with shared parameters. Its attention comes from the map of the
previous layer, and its values from the map of the current one.

Our reconstruction: we read "intensive" as dense, as in DBPN (Haris et al., arXiv 1803.02735).
From ABPN (Liu et al., arXiv 1910.04476) come the enhanced projection units, the order of up,
down and attention on the small maps, the 10 groups of 32 channels, the last up unit and the
bicubic skip. Learned gains start at zero, as in CCNet. Queries have a quarter of the channels, and
kernels a side of scale + 2 ``padding``. After initialisation, the output is bicubic.

Presets (parameters at x2, x3, x4, x8):
    base    1,243,606   1,824,214   2,533,846    6,662,614   10 groups, 32 channels
    light     744,030   1,103,454   1,542,750    4,098,654    6 groups, 32 channels
    large   2,964,574   4,402,270   6,159,454   16,383,070    6 groups, 64 channels

Shape suffixes: B batch, C channels, H W rows and columns.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - PyTorch's own usage

from srcli.networks.blocks.conv_prelu import with_prelu
from srcli.networks.blocks.criss_cross import InterlacedAttention
from srcli.networks.spec import FixedScaleNetwork, FixedScaleTraits, NetworkSpec
from srcli.pixels.enlarge import enlarge

SCALES = (2, 3, 4, 8)
RESTORE_BOUND = 2e-3
PRELU_SLOPE = 0.25
"""Slope of a new ``nn.PReLU``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CirnConfig:
    """Size of a CIRN: ``groups`` groups of ``channels`` channels, for one of ``SCALES``.

    ``padding`` is the distance by which kernels of projections exceed their stride on each side.
    ISAB has ``stages`` of attention, 1 or 2; ``refines`` leaves it out for an ablation.
    """

    scale: int
    groups: int
    channels: int
    padding: int = 1
    refines: bool = True
    stages: int = 2


BASE = CirnConfig(scale=2, groups=10, channels=32)
LIGHT = CirnConfig(scale=2, groups=6, channels=32)
LARGE = CirnConfig(scale=2, groups=6, channels=64)


class Projection(nn.Module):
    """Back projection unit of ABPN: change the size, go back, and correct by the difference."""

    def __init__(self, config: CirnConfig, *, upward: bool) -> None:
        super().__init__()
        channels, kernel = config.channels, config.scale + 2 * config.padding
        sizes = (channels, channels, kernel, config.scale, config.padding)
        resamplers = (nn.ConvTranspose2d, nn.Conv2d)
        there, back = resamplers if upward else resamplers[::-1]
        self.project = with_prelu(there(*sizes))
        self.back = with_prelu(back(*sizes))
        self.correct = with_prelu(there(*sizes))
        self.weigh_input = with_prelu(nn.Conv2d(channels, channels, 1))
        self.weigh_projection = with_prelu(nn.Conv2d(channels, channels, 1))

    def forward(self, features_BCHW: Tensor) -> Tensor:
        projection: Tensor = self.project(features_BCHW)
        lost_BCHW: Tensor = self.weigh_input(features_BCHW) - self.back(projection)
        corrected: Tensor = self.weigh_projection(projection) + self.correct(lost_BCHW)
        return corrected


class Fusion(nn.Module):
    """1x1 convolution over ``count`` maps, which are not concatenated."""

    def __init__(self, count: int, channels: int) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(count * channels, channels, 1)
        self.activation = nn.PReLU()

    def forward(self, maps: Sequence[Tensor]) -> Tensor:
        kernels = self.convolution.weight.chunk(len(maps), 1)
        total_BCHW = F.conv2d(maps[0], kernels[0], self.convolution.bias)
        for map_BCHW, kernel in zip(maps[1:], kernels[1:], strict=True):
            total_BCHW += F.conv2d(map_BCHW, kernel)
        fused_BCHW: Tensor = self.activation(total_BCHW)
        return fused_BCHW


class SingleMap(nn.Module):
    """Returns the only map, where there is nothing to fuse."""

    def forward(self, maps: Sequence[Tensor]) -> Tensor:
        return maps[0]


def fusion(count: int, channels: int) -> nn.Module:
    """Make the module that fuses ``count`` maps into one."""
    return Fusion(count, channels) if count > 1 else SingleMap()


class Group(nn.Module):
    """Attention-based back projection group ``index``, counted from 0.

    The first ``index + 1`` small maps make the next large map. All large maps make the next small
    map, which attention refines with the small map before it.
    """

    def __init__(self, config: CirnConfig, index: int) -> None:
        super().__init__()
        self.fuse_small = fusion(index + 1, config.channels)
        self.up = Projection(config, upward=True)
        self.fuse_large = fusion(index + 1, config.channels)
        self.down = Projection(config, upward=False)
        self.refine = (
            InterlacedAttention(config.channels, stages=config.stages) if config.refines else None
        )

    def forward(self, small: list[Tensor], large: list[Tensor]) -> None:
        """Append one map to each list."""
        large.append(self.up(self.fuse_small(small)))
        current_BCHW: Tensor = self.down(self.fuse_large(large))
        small.append(self.refine(small[-1], current_BCHW) if self.refine else current_BCHW)


class Cirn(FixedScaleNetwork):
    """The network of one scale. Its attention sees the whole image."""

    def __init__(self, config: CirnConfig) -> None:
        super().__init__()
        if config.scale not in SCALES:
            msg = f"CIRN has the scales {SCALES}, not {config.scale}"
            raise ValueError(msg)
        self.scale = config.scale
        channels = config.channels
        self.extract = nn.Sequential(
            with_prelu(nn.Conv2d(3, 2 * channels, 3, padding=1)),
            with_prelu(nn.Conv2d(2 * channels, channels, 1)),
        )
        self.groups = nn.ModuleList(Group(config, index) for index in range(config.groups))
        self.fuse_small = fusion(config.groups + 1, channels)
        self.up = Projection(config, upward=True)
        self.fuse_large = fusion(config.groups + 1, channels)
        self.restore = nn.Conv2d(channels, 3, 3, padding=1)
        initialise(self)
        nn.init.uniform_(self.restore.weight, -RESTORE_BOUND, RESTORE_BOUND)

    @property
    def traits(self) -> FixedScaleTraits:
        return FixedScaleTraits(scale=self.scale, receptive_radius=None)

    def forward(self, image_B3HW: Tensor) -> Tensor:
        small: list[Tensor] = [self.extract(image_B3HW)]
        large: list[Tensor] = []
        for group in self.groups:
            group(small, large)
        large.append(self.up(self.fuse_small(small)))
        residual_B3HW: Tensor = self.restore(self.fuse_large(large))
        return enlarge(image_B3HW, self.scale) + residual_B3HW


def initialise(network: nn.Module) -> None:
    """Draw Kaiming uniform weights, and set biases to zero, so that features keep their scale.

    A sample of a deconvolution sums one of stride x stride taps of its kernel. A projection sums
    three terms, so the weights of two of its convolutions are divided by sqrt(3).
    """
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
            taps = module.in_channels * math.prod(module.kernel_size)
            if isinstance(module, nn.ConvTranspose2d):
                taps //= math.prod(module.stride)
            bound = math.sqrt(6 / (1 + PRELU_SLOPE**2) / taps)
            nn.init.uniform_(module.weight, -bound, bound)
            nn.init.zeros_(module.get_parameter("bias"))
    for module in network.modules():
        if isinstance(module, Projection):
            for branch in (module.weigh_projection, module.correct):
                branch.get_parameter("0.weight").data.mul_(3**-0.5)


SPEC = NetworkSpec(
    name="cirn",
    config=CirnConfig,
    build=Cirn,
    presets={"base": BASE, "light": LIGHT, "large": LARGE},
    scales=SCALES,
    source="ICPR 2020, a poster; no text, code or weights were published",
)
