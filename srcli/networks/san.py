"""SAN, the second-order attention network.

Paper: Dai, Cai, Zhang, Xia, Zhang, "Second-Order Attention Network for Single Image
Super-Resolution", CVPR 2019. Authors' code: daitao/SAN at 7c1e61f. Parameter names are theirs.

Presets (parameters at x2, without the entries of ``UNUSED``):
    paper   15,674,756   20 groups of 10 blocks, 64 channels
    light      466,943   ours, not the authors': 4 groups of 3 blocks, 40 channels, range [0, 1]

What differs from the authors' code: unused layers are left out. The covariance is computed
without a matrix of pixels by pixels. Constant features cause no division by zero. If a side is
below 4, the border is repeated, and the output is cropped.

Shape suffixes: B batch, C channels, H W rows and columns.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from srcli.networks.blocks.covariance import SecondOrderChannelAttention
from srcli.networks.blocks.mean_shift import MeanShift
from srcli.networks.blocks.nonlocal_attention import RegionNonLocal
from srcli.networks.blocks.upsampler import Upsampler
from srcli.networks.spec import ChopRule, FixedScaleNetwork, FixedScaleTraits, NetworkSpec
from srcli.pixels.borders import extend_to

MINIMUM_SIDE = 4
UNUSED = (
    r"conv_last\.(weight|bias)",
    r"RG\.\d+\.gamma",
    r"non_local\.soca\.conv_du\.[02]\.(weight|bias)",
)
"""Patterns of entries in the authors' files that their network never reads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SanConfig:
    """Size of a SAN: ``groups`` of ``blocks`` residual blocks of ``channels`` channels.

    ``rgb_range`` is the value range of the weights, 255 for the authors' files. Input and output
    of the network are in [0, 1] all the same. An ablation leaves out SOCA (``second_order``),
    RL-NL (``region_non_local``) or the share-source skips (``share_source``).
    """

    scale: int
    groups: int = 20
    blocks: int = 10
    channels: int = 64
    squeeze: int = 16
    nonlocal_squeeze: int = 8
    rgb_range: float = 255.0
    second_order: bool = True
    region_non_local: bool = True
    share_source: bool = True


PAPER = SanConfig(scale=2)
LIGHT = SanConfig(scale=2, groups=4, blocks=3, channels=40, squeeze=8, rgb_range=1.0)


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions with a ReLU between, plus the input."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv_first = nn.Sequential(
            nn.Conv2d(channels, channels, 3, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(channels, channels, 3, padding=1),
        )

    def forward(self, features_BCHW: Tensor) -> Tensor:
        residual_BCHW: Tensor = self.conv_first(features_BCHW)
        return residual_BCHW + features_BCHW


class AttentionGroup(nn.Module):
    """Local-source residual attention group: blocks, SOCA, a convolution, plus the input."""

    def __init__(self, config: SanConfig) -> None:
        super().__init__()
        self.rcab = nn.Sequential(*(ResidualBlock(config.channels) for _ in range(config.blocks)))
        self.soca = (
            SecondOrderChannelAttention(config.channels, reduction=config.squeeze)
            if config.second_order
            else nn.Identity()
        )
        self.conv_last = nn.Conv2d(config.channels, config.channels, 3, padding=1)

    def forward(self, features_BCHW: Tensor) -> Tensor:
        residual_BCHW: Tensor = self.conv_last(self.soca(self.rcab(features_BCHW)))
        return residual_BCHW + features_BCHW


class San(FixedScaleNetwork):
    """SAN. It takes sides of 1 pixel or more."""

    def __init__(self, config: SanConfig) -> None:
        super().__init__()
        self.config = config
        channels, span = config.channels, config.rgb_range
        self.gamma = nn.Parameter(torch.zeros(1)) if config.share_source else None
        self.sub_mean = MeanShift(-1, rgb_range=span, trainable=True)
        self.head = nn.Sequential(nn.Conv2d(3, channels, 3, padding=1))
        self.non_local = (
            RegionNonLocal(channels, reduction=config.nonlocal_squeeze)
            if config.region_non_local
            else nn.Identity()
        )
        self.RG = nn.ModuleList(AttentionGroup(config) for _ in range(config.groups))
        self.tail = nn.Sequential(
            Upsampler(config.scale, channels), nn.Conv2d(channels, 3, 3, padding=1)
        )
        self.add_mean = MeanShift(1, rgb_range=span, trainable=True)

    @property
    def traits(self) -> FixedScaleTraits:
        return FixedScaleTraits(
            scale=self.config.scale,
            receptive_radius=None,
            chop=ChopRule(largest_area=160_000),
        )

    def forward(self, image_B3HW: Tensor) -> Tensor:
        height, width = (side * self.config.scale for side in image_B3HW.shape[-2:])
        image_B3HW = extend_to(image_B3HW, minimum=MINIMUM_SIDE) * self.config.rgb_range
        shallow_BCHW = self.head(self.sub_mean(image_B3HW))
        source_BCHW = self.non_local(shallow_BCHW)
        features_BCHW = source_BCHW
        for group in self.RG:
            features_BCHW = group(features_BCHW)
            if self.gamma is not None:
                features_BCHW = features_BCHW + self.gamma * source_BCHW
        features_BCHW = self.non_local(features_BCHW) + shallow_BCHW
        output_B3HW: Tensor = self.add_mean(self.tail(features_BCHW)) / self.config.rgb_range
        return output_B3HW[..., :height, :width]


SPEC = NetworkSpec(
    name="san",
    config=SanConfig,
    build=San,
    presets={"paper": PAPER, "light": LIGHT},
    scales=(2, 3, 4, 8),
    source="CVPR 2019; github.com/daitao/SAN",
)
