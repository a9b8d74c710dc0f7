"""Pyramid attention of PANet: a map attends to itself at five sizes at once.

Source: Mei et al., "Pyramid Attention Networks for Image Restoration", arXiv 2004.13824,
section 3.1, and the authors' code on the PyTorch of its time: a level is resized by the ratio of
its rounded sizes.

Shape suffixes: B batch, C channels, H W rows and columns, h w those of one level.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - PyTorch's own usage

from srcli.networks.blocks.conv_prelu import with_prelu
from srcli.networks.blocks.patch_attention import KeyMap, patch_attention
from srcli.networks.blocks.patch_attention_train import unfolded_attention

OVERLAP = 4
"""The authors' divisor of the sum of nine overlapping patches. Their weights depend on it."""
LEVELS = 5


class PyramidAttention(nn.Module):
    """Map (B, C, H, W) to the same shape: attention plus ``residual_scale`` times the input.

    Args:
        channels: number of channels C.
        reduction: C over the channels of queries and keys.
        residual_scale: factor of the input.
        levels: number of sizes of the map to attend to: 1, 0.9, 0.8 ... of it.

    """

    def __init__(
        self, channels: int, *, reduction: int, residual_scale: float, levels: int = LEVELS
    ) -> None:
        super().__init__()
        self.residual_scale = residual_scale
        self.levels = levels
        self.conv_match_L_base = with_prelu(nn.Conv2d(channels, channels // reduction, 1))
        self.conv_match = with_prelu(nn.Conv2d(channels, channels // reduction, 1))
        self.conv_assembly = with_prelu(nn.Conv2d(channels, channels, 1))

    def forward(self, features_BCHW: Tensor) -> Tensor:
        maps = []
        for level in range(self.levels):
            level_BChw = self._resized(features_BCHW, level)
            maps.append(
                KeyMap(key=self.conv_match(level_BChw), value=self.conv_assembly(level_BChw))
            )
        attend = unfolded_attention if torch.is_grad_enabled() else patch_attention
        pasted_BCHW = attend(self.conv_match_L_base(features_BCHW), maps)
        return pasted_BCHW / OVERLAP + self.residual_scale * features_BCHW

    @staticmethod
    def _resized(features_BCHW: Tensor, level: int) -> Tensor:
        if level == 0:
            return features_BCHW
        height, width = (level_side(side, level) for side in features_BCHW.shape[-2:])
        return F.interpolate(
            features_BCHW, size=(height, width), mode="bicubic", align_corners=False
        )


def level_side(side: int, level: int) -> int:
    """Return the length of a side on one level, at least 1, rounded down as the authors do."""
    return max(1, math.floor(side * (1 - level / 10)))
