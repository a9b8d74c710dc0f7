"""IMDN, the information multi-distillation network: a light baseline.

Paper: Hui, Gao, Yang, Wang, "Lightweight Image Super-Resolution with Information
Multi-distillation Network", ACM MM 2019, arXiv 1909.11856. Authors' code: Zheng222/IMDN at
8f158e6. Parameter names are theirs.

Presets (parameters at x2, x3, x4; the papers' 694K, 703K and 715K):
    paper   694,404   703,059   715,176   6 blocks of 64 channels

Each block keeps a quarter of its channels after each of three convolutions, and works on with the
rest. Contrast-aware attention weighs channels by their mean and standard deviation over the whole
picture. Tiles share both (``srcli.networks.statistics``), which differs from the authors' code in
nothing where the picture is one tile.

Shape suffixes: B batch, C channels, H W rows and columns.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - PyTorch's own usage

from srcli.networks.spec import FixedScaleNetwork, FixedScaleTraits, NetworkSpec
from srcli.networks.statistics import share_pooling

SLOPE = 0.05
"""Slope of every leaky ReLU."""

FADE = 5
"""Pixels over which tiles fade into each other, beyond what convolutions see."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImdnConfig:
    """Size of an IMDN; ``reduction`` is channels over those in the middle of attention."""

    scale: int
    blocks: int = 6
    channels: int = 64
    reduction: int = 16


class ContrastAttention(nn.Module):
    """Scale each channel by what two 1x1 convolutions make of its mean plus its deviation."""

    def __init__(self, channels: int, *, reduction: int) -> None:
        super().__init__()
        self.mean = nn.AdaptiveAvgPool2d(1)
        self.variance = nn.AdaptiveAvgPool2d(1)
        share_pooling(self.mean)
        share_pooling(self.variance)
        self.conv_du = nn.Sequential(
            nn.Conv2d(channels, channels // reduction, 1),
            nn.ReLU(inplace=True),
            nn.Conv2d(channels // reduction, channels, 1),
            nn.Sigmoid(),
        )

    def forward(self, features_BCHW: Tensor) -> Tensor:
        mean_BC11 = self.mean(features_BCHW)
        variance_BC11 = self.variance((features_BCHW - mean_BC11).square())
        weight_BC11: Tensor = self.conv_du(variance_BC11.sqrt() + mean_BC11)
        return features_BCHW * weight_BC11


class DistillationBlock(nn.Module):
    """Three convolutions keep a quarter of their channels each, a fourth makes the last quarter."""

    def __init__(self, config: ImdnConfig) -> None:
        super().__init__()
        channels = config.channels
        kept = channels // 4
        rest = channels - kept
        self.split = [kept, rest]
        self.c1 = nn.Conv2d(channels, channels, 3, padding=1)
        self.c2 = nn.Conv2d(rest, channels, 3, padding=1)
        self.c3 = nn.Conv2d(rest, channels, 3, padding=1)
        self.c4 = nn.Conv2d(rest, kept, 3, padding=1)
        self.c5 = nn.Conv2d(4 * kept, channels, 1)
        self.cca = ContrastAttention(4 * kept, reduction=config.reduction)

    def forward(self, features_BCHW: Tensor) -> Tensor:
        parts = []
        rest_BCHW = features_BCHW
        for convolution in (self.c1, self.c2, self.c3):
            made_BCHW = F.leaky_relu(convolution(rest_BCHW), SLOPE)
            kept_BCHW, rest_BCHW = torch.split(made_BCHW, self.split, 1)
            parts.append(kept_BCHW)
        parts.append(self.c4(rest_BCHW))
        fused_BCHW: Tensor = self.c5(self.cca(torch.cat(parts, 1)))
        return fused_BCHW + features_BCHW


class Imdn(FixedScaleNetwork):
    """IMDN. It takes sides of 1 pixel or more."""

    def __init__(self, config: ImdnConfig) -> None:
        super().__init__()
        self.config = config
        channels = config.channels
        self.fea_conv = nn.Conv2d(3, channels, 3, padding=1)
        self.blocks = tuple(f"IMDB{n + 1}" for n in range(config.blocks))
        for name in self.blocks:
            self.add_module(name, DistillationBlock(config))
        self.c = nn.Sequential(
            nn.Conv2d(config.blocks * channels, channels, 1), nn.LeakyReLU(SLOPE, inplace=True)
        )
        self.LR_conv = nn.Conv2d(channels, channels, 3, padding=1)
        self.upsampler = nn.Sequential(
            nn.Conv2d(channels, 3 * config.scale**2, 3, padding=1), nn.PixelShuffle(config.scale)
        )

    @property
    def traits(self) -> FixedScaleTraits:
        reach = 3 + 4 * self.config.blocks  # of the convolutions
        return FixedScaleTraits(
            scale=self.config.scale,
            receptive_radius=None,
            overlap=reach + FADE,
            edge=reach,
            shares_statistics=True,
        )

    def forward(self, image_B3HW: Tensor) -> Tensor:
        shallow_BCHW: Tensor = self.fea_conv(image_B3HW)
        features_BCHW, made = shallow_BCHW, []
        for name in self.blocks:
            features_BCHW = self.get_submodule(name)(features_BCHW)
            made.append(features_BCHW)
        deep_BCHW = self.LR_conv(self.c(torch.cat(made, 1))) + shallow_BCHW
        output_B3HW: Tensor = self.upsampler(deep_BCHW)
        return output_B3HW


SPEC = NetworkSpec(
    name="imdn",
    config=ImdnConfig,
    build=Imdn,
    presets={"paper": ImdnConfig(scale=2)},
    scales=(2, 3, 4),
    source="ACM MM 2019, arXiv 1909.11856; github.com/Zheng222/IMDN",
)
