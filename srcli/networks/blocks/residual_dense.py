"""The trunk of RDN (Zhang et al., CVPR 2018, arXiv 1802.08797): residual dense blocks.

Parameter names are those of the PyTorch form in EDSR's repository.

Shape suffixes: B batch, C channels, H W rows and columns.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass(frozen=True, slots=True, kw_only=True)
class DenseSize:
    """Size of a trunk: blocks, dense layers of each, channels that each layer adds, channels."""

    blocks: int
    layers: int
    growth: int
    channels: int


class DenseLayer(nn.Module):
    """Append ``growth`` channels, which a 3x3 convolution with a ReLU makes of all others."""

    def __init__(self, inputs: int, growth: int) -> None:
        super().__init__()
        self.conv = nn.Sequential(nn.Conv2d(inputs, growth, 3, padding=1), nn.ReLU())

    def forward(self, features_BCHW: Tensor) -> Tensor:
        return torch.cat((features_BCHW, self.conv(features_BCHW)), 1)


class ResidualDenseBlock(nn.Module):
    """Dense layers, a 1x1 convolution of all their channels, plus the input."""

    def __init__(self, size: DenseSize) -> None:
        super().__init__()
        widths = [size.channels + n * size.growth for n in range(size.layers + 1)]
        self.convs = nn.Sequential(*(DenseLayer(width, size.growth) for width in widths[:-1]))
        self.LFF = nn.Conv2d(widths[-1], size.channels, 1)

    def forward(self, features_BCHW: Tensor) -> Tensor:
        fused_BCHW: Tensor = self.LFF(self.convs(features_BCHW))
        return fused_BCHW + features_BCHW


class RdnTrunk(nn.Module):
    """Map (B, 3, H, W) to features (B, C, H, W). ``reach`` is in pixels of the input."""

    def __init__(self, size: DenseSize) -> None:
        super().__init__()
        channels = size.channels
        self.SFENet1 = nn.Conv2d(3, channels, 3, padding=1)
        self.SFENet2 = nn.Conv2d(channels, channels, 3, padding=1)
        self.RDBs = nn.ModuleList(ResidualDenseBlock(size) for _ in range(size.blocks))
        self.GFF = nn.Sequential(
            nn.Conv2d(size.blocks * channels, channels, 1),
            nn.Conv2d(channels, channels, 3, padding=1),
        )
        self.reach = 3 + size.blocks * size.layers

    def forward(self, image_B3HW: Tensor) -> Tensor:
        shallow_BCHW: Tensor = self.SFENet1(image_B3HW)
        features_BCHW = self.SFENet2(shallow_BCHW)
        made = []
        for block in self.RDBs:
            features_BCHW = block(features_BCHW)
            made.append(features_BCHW)
        fused_BCHW: Tensor = self.GFF(torch.cat(made, 1))
        return fused_BCHW + shallow_BCHW
