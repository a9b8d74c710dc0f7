"""The trunk of ASDN and FSDN: densely connected dense attention blocks.

Source: Shen, Wang, Zhang, "ASDN: A Deep Convolutional Network for Arbitrary Scale Image
Super-Resolution", arXiv 2010.02414, Fig. 3. The inside of a block is that of DBDN by the same
authors, arXiv 1810.04873, Eq. 13-16. Channel attention is that of RCAN. Spatial attention is that
of CSFM, with three mask channels.

Shape suffixes: B batch, C channels, H W rows and columns.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass(frozen=True, slots=True, kw_only=True)
class DenseTrunkConfig:
    """Size of the trunk: ``blocks`` dense attention blocks of ``layers`` layers each.

    ``stem`` is the number of channels after the first convolution, ``width`` that of a block, and
    ``growth`` that of a dense layer. ``squeeze`` is the reduction inside channel attention, which
    ``attends`` can leave out.
    """

    blocks: int
    layers: int
    width: int
    growth: int
    stem: int = 64
    squeeze: int = 16
    attends: bool = True

    @property
    def out_channels(self) -> int:
        """Channels of the trunk's output: those of the stem and of every block."""
        return self.stem + self.blocks * self.width


class ChannelAttention(nn.Module):
    """Scale each channel by a gate computed from its mean over the image (RCAN)."""

    def __init__(self, channels: int, hidden: int) -> None:
        super().__init__()
        self.gate = nn.Sequential(
            nn.AdaptiveAvgPool2d(1),
            nn.Conv2d(channels, hidden, 1),
            nn.ReLU(inplace=True),
            nn.Conv2d(hidden, channels, 1),
            nn.Sigmoid(),
        )

    def forward(self, features_BCHW: Tensor) -> Tensor:
        gate_BC11: Tensor = self.gate(features_BCHW)
        return features_BCHW * gate_BC11


class SpatialAttention(nn.Module):
    """Scale each sample by a gate computed from its own channels (CSFM, three masks)."""

    def __init__(self, channels: int = 3, expansion: int = 2) -> None:
        super().__init__()
        self.gate = nn.Sequential(
            nn.Conv2d(channels, channels * expansion, 1),
            nn.ReLU(inplace=True),
            nn.Conv2d(channels * expansion, channels, 1),
            nn.Sigmoid(),
        )

    def forward(self, image_BCHW: Tensor) -> Tensor:
        gate_BCHW: Tensor = self.gate(image_BCHW)
        return image_BCHW * gate_BCHW


class DenseAttentionBlock(nn.Module):
    """Compress, grow through dense layers, compress, add the input, attend to channels."""

    def __init__(self, in_channels: int, config: DenseTrunkConfig) -> None:
        super().__init__()
        width, growth = config.width, config.growth
        self.compress_in = nn.Conv2d(in_channels, width, 1)
        self.layers = nn.ModuleList(
            nn.Conv2d(width + i * growth, growth, 3, padding=1) for i in range(config.layers)
        )
        self.compress_out = nn.Conv2d(width + config.layers * growth, width, 1)
        self.attention = (
            ChannelAttention(width, width // config.squeeze) if config.attends else nn.Identity()
        )

    def forward(self, trunk_BCHW: Tensor) -> Tensor:
        start_BCHW: Tensor = self.compress_in(trunk_BCHW)
        grown = [start_BCHW]
        for layer in self.layers:
            grown.append(torch.relu_(layer(torch.cat(grown, 1))))
        block_BCHW: Tensor = self.compress_out(torch.cat(grown, 1)) + start_BCHW
        attended_BCHW: Tensor = self.attention(block_BCHW)
        return attended_BCHW


class DenseTrunk(nn.Module):
    """Map RGB (B, 3, H, W) to the concatenation (B, C, H, W) of the stem and all blocks."""

    def __init__(self, config: DenseTrunkConfig) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, config.stem, 3, padding=1)
        self.blocks = nn.ModuleList(
            DenseAttentionBlock(config.stem + b * config.width, config)
            for b in range(config.blocks)
        )

    def forward(self, image_B3HW: Tensor) -> Tensor:
        trunk_BCHW: Tensor = self.stem(image_B3HW)
        for block in self.blocks:
            trunk_BCHW = torch.cat((trunk_BCHW, block(trunk_BCHW)), 1)
        return trunk_BCHW
