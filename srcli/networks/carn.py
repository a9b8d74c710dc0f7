"""CARN and CARN-M, cascading residual networks: light baselines.

Paper: Ahn, Kang, Sohn, "Fast, Accurate, and Lightweight Super-Resolution with Cascading Residual
Network", ECCV 2018, arXiv 1803.08664. Authors' code: nmhkahn/CARN-pytorch at 40d3514.

Presets (parameters at x2, x3, x4, without the 24 constants of the mean shifts):
    paper     964,163   1,148,803   1,111,875   CARN
    m         257,027     303,427     294,147   CARN-M: blocks of a cascade share their weights,
                                                and most 3x3 convolutions have four groups

The authors' network has the upsamplers of all three scales. With them CARN has 1,591,939
parameters (1,592K in the papers), and CARN-M 414,787, of which 2,755 are biases (412K without).

What differs from the authors' code: a network has the upsampler of its own scale alone.

Shape suffixes: B batch, C channels, H W rows and columns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - PyTorch's own usage

from srcli.networks.blocks.mean_shift import MeanShift
from srcli.networks.blocks.upsampler import TAIL_REACH, prime_steps
from srcli.networks.spec import FixedScaleNetwork, FixedScaleTraits, NetworkSpec

STAGES = 3
"""Stages of every cascade."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CarnConfig:
    """Size of a CARN. ``groups`` are those of 3x3 convolutions.

    With ``efficient``, the blocks of a cascade share their weights, and end with a 1x1 convolution.
    """

    scale: int
    channels: int = 64
    groups: int = 1
    efficient: bool = False


PAPER = CarnConfig(scale=2)
MOBILE = CarnConfig(scale=2, groups=4, efficient=True)


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions, and a 1x1 if efficient, plus the input, with a ReLU after each."""

    def __init__(self, config: CarnConfig) -> None:
        super().__init__()
        channels = config.channels
        groups = config.groups if config.efficient else 1
        layers: list[nn.Module] = [
            nn.Conv2d(channels, channels, 3, padding=1, groups=groups),
            nn.ReLU(inplace=True),
            nn.Conv2d(channels, channels, 3, padding=1, groups=groups),
        ]
        if config.efficient:
            layers += [nn.ReLU(inplace=True), nn.Conv2d(channels, channels, 1)]
        self.body = nn.Sequential(*layers)

    def forward(self, features_BCHW: Tensor) -> Tensor:
        return F.relu(self.body(features_BCHW) + features_BCHW)


class Cascade(nn.Module):
    """Three stages. After each, a 1x1 convolution fuses the input and all that was made so far.

    ``stages`` are three modules, or one that is used three times.
    """

    def __init__(self, channels: int, stages: Sequence[nn.Module]) -> None:
        super().__init__()
        self.stages = nn.ModuleList(stages)
        self.fusions = nn.ModuleList(
            nn.Conv2d((n + 2) * channels, channels, 1) for n in range(STAGES)
        )

    def forward(self, features_BCHW: Tensor) -> Tensor:
        joined_BCHW = features_BCHW
        for step, fusion in enumerate(self.fusions):
            made_BCHW = self.stages[step % len(self.stages)](features_BCHW)
            joined_BCHW = torch.cat((joined_BCHW, made_BCHW), 1)
            features_BCHW = fusion(joined_BCHW).relu_()
        return features_BCHW


class Carn(FixedScaleNetwork):
    """CARN of one scale. It takes sides of 1 pixel or more."""

    def __init__(self, config: CarnConfig) -> None:
        super().__init__()
        self.config = config
        channels = config.channels
        self.sub_mean = MeanShift(-1, rgb_range=1.0)
        self.entry = nn.Conv2d(3, channels, 3, padding=1)
        self.cascade = Cascade(channels, [self._blocks() for _ in range(STAGES)])
        layers: list[nn.Module] = []
        for factor in prime_steps(config.scale):
            layers += [
                nn.Conv2d(channels, channels * factor**2, 3, padding=1, groups=config.groups),
                nn.ReLU(inplace=True),
                nn.PixelShuffle(factor),
            ]
        self.upsample = nn.Sequential(*layers)
        self.exit = nn.Conv2d(channels, 3, 3, padding=1)
        self.add_mean = MeanShift(1, rgb_range=1.0)

    def _blocks(self) -> Cascade:
        count = 1 if self.config.efficient else STAGES
        return Cascade(self.config.channels, [ResidualBlock(self.config) for _ in range(count)])

    @property
    def traits(self) -> FixedScaleTraits:
        radius = 1 + STAGES * STAGES * 2 + TAIL_REACH
        return FixedScaleTraits(scale=self.config.scale, receptive_radius=radius)

    def forward(self, image_B3HW: Tensor) -> Tensor:
        features_BCHW = self.cascade(self.entry(self.sub_mean(image_B3HW)))
        output_B3HW: Tensor = self.add_mean(self.exit(self.upsample(features_BCHW)))
        return output_B3HW


SPEC = NetworkSpec(
    name="carn",
    config=CarnConfig,
    build=Carn,
    presets={"paper": PAPER, "m": MOBILE},
    scales=(2, 3, 4),
    source="ECCV 2018, arXiv 1803.08664; github.com/nmhkahn/CARN-pytorch",
)
