"""LapSRN, the Laplacian pyramid network: a baseline that doubles the picture level by level.

Paper: Lai, Huang, Ahuja, Yang, "Deep Laplacian Pyramid Networks for Fast and Accurate
Super-Resolution", CVPR 2017, arXiv 1704.03915. Authors' code: phoenix104104/LapSRN, in MATLAB, and
so are their weights. Common PyTorch forms have 4x4 deconvolutions and no biases (870,112
parameters at x4). This is the authors' form, with 3x3 ones.

Presets (parameters at x2, x4, x8):
    paper     407,441   814,242   1,221,043   10 convolutions a level; 812,768 weights at x4, the
                                              812K of the papers, and 1,474 biases
    depth-5   222,801   444,962     667,123   5 convolutions a level, the authors' choice at x8

Features of luma are doubled at each level, and so is the picture. A convolution of the features
corrects the picture. Chroma is bicubic.

What differs from the authors' code: training compares the last level alone.

Shape suffixes: B batch, C channels, H W rows and columns of the level, or of the output.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - PyTorch's own usage

from srcli.networks.blocks.unit_luma import LUMA_RANGE
from srcli.networks.spec import FixedScaleNetwork, FixedScaleTraits, NetworkSpec
from srcli.pixels.color import luma
from srcli.pixels.enlarge import REACH, enlarge

SLOPE = 0.2
"""Slope of every leaky ReLU."""
FIRST_DEVIATION = 1e-3
"""Standard deviation of the weights with which the first convolution starts."""
PEAK = 255.0
"""Luma of BT.601, from 16 to 235, is divided by it."""
BILINEAR = (0.25, 0.75, 0.75, 0.25)


@dataclass(frozen=True, slots=True, kw_only=True)
class LapsrnConfig:
    """Size of a LapSRN: ``depth`` convolutions of ``channels`` channels before each doubling."""

    scale: int
    depth: int = 10
    channels: int = 64


PAPER = LapsrnConfig(scale=2)
SHALLOW = LapsrnConfig(scale=2, depth=5)


class Level(nn.Module):
    """Map features (B, C, H, W) and a picture (B, 1, H, W) to both at twice the size."""

    def __init__(self, config: LapsrnConfig) -> None:
        super().__init__()
        channels = config.channels
        self.convolutions = nn.ModuleList(
            nn.Conv2d(channels, channels, 3, padding=1) for _ in range(config.depth)
        )
        self.doubling = nn.ConvTranspose2d(channels, channels, 3, stride=2)
        self.residual = nn.Conv2d(channels, 1, 3, padding=1)
        self.picture_doubling = nn.ConvTranspose2d(1, 1, 4, stride=2, padding=1, bias=False)
        deviation = math.sqrt(2 / (9 * channels))
        for layer in (*self.convolutions, self.doubling, self.residual):
            nn.init.normal_(layer.get_parameter("weight"), std=deviation)
            nn.init.zeros_(layer.get_parameter("bias"))
        row = torch.tensor(BILINEAR)
        self.picture_doubling.weight = nn.Parameter((row[:, None] * row)[None, None])

    def forward(self, features_BCHW: Tensor, picture_B1HW: Tensor) -> tuple[Tensor, Tensor]:
        for convolution in self.convolutions:
            features_BCHW = F.leaky_relu(convolution(features_BCHW), SLOPE)
        # Two rows and columns for each of the input, and one more, which the authors crop.
        doubled_BCHW = F.leaky_relu(self.doubling(features_BCHW)[..., :-1, :-1], SLOPE)
        return doubled_BCHW, self.picture_doubling(picture_B1HW) + self.residual(doubled_BCHW)


class Lapsrn(FixedScaleNetwork):
    """LapSRN of a scale that is a power of two. It takes sides of 1 pixel or more."""

    def __init__(self, config: LapsrnConfig) -> None:
        super().__init__()
        self.config = config
        levels = config.scale.bit_length() - 1
        if config.scale != 2**levels:
            msg = f"LapSRN enlarges by a power of two, not by {config.scale}"
            raise ValueError(msg)
        self.first = nn.Conv2d(1, config.channels, 3, padding=1)
        nn.init.normal_(self.first.weight, std=FIRST_DEVIATION)
        nn.init.zeros_(self.first.get_parameter("bias"))
        self.levels = nn.ModuleList(Level(config) for _ in range(levels))

    @property
    def traits(self) -> FixedScaleTraits:
        reach = 1.0 + sum((self.config.depth + 1) / 2**n for n in range(len(self.levels)))
        return FixedScaleTraits(
            scale=self.config.scale, receptive_radius=max(REACH, math.ceil(reach) + 1)
        )

    def forward(self, image_B3HW: Tensor) -> Tensor:
        picture_B1HW = luma(image_B3HW) / PEAK
        features_BCHW = F.leaky_relu(self.first(picture_B1HW), SLOPE)
        for level in self.levels:
            features_BCHW, picture_B1HW = level(features_BCHW, picture_B1HW)
        enlarged_B3HW = enlarge(image_B3HW, self.config.scale)
        change_B1HW = picture_B1HW - luma(enlarged_B3HW) / PEAK
        return enlarged_B3HW + change_B1HW * (PEAK / LUMA_RANGE)


SPEC = NetworkSpec(
    name="lapsrn",
    config=LapsrnConfig,
    build=Lapsrn,
    presets={"paper": PAPER, "depth-5": SHALLOW},
    scales=(2, 4, 8),
    source="CVPR 2017, arXiv 1704.03915; github.com/phoenix104104/LapSRN",
)
