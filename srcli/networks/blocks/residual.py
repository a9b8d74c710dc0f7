"""Residual blocks, and how they are told about their input.

Telling a network the strength of noise or compression follows FFDNet (Zhang et al., IEEE TIP
2018) and FBCNN (Jiang et al., ICCV 2021). Ours shifts the channels before each ReLU, which
costs nothing on the way.

Shape suffixes: B batch, C channels, H W rows and columns, T what is told.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - PyTorch's own usage

HIDDEN = 32
"""Units between what a network is told and the shifts that it makes of it."""


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions with a ReLU between, plus the input."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(width, width, 3, padding=1)
        self.second = nn.Conv2d(width, width, 3, padding=1)

    def forward(self, features_BCHW: Tensor, shift_BC11: Tensor | None = None) -> Tensor:
        inner_BCHW = self.first(features_BCHW)
        if shift_BC11 is not None:
            inner_BCHW = inner_BCHW + shift_BC11
        residual_BCHW: Tensor = self.second(F.relu(inner_BCHW, inplace=True))
        return features_BCHW + residual_BCHW


class Shifts(nn.Module):
    """What a network makes of what it is told: a shift of every channel before every ReLU.

    Told nothing but zeros, all shifts are 0: the network is the one that is told nothing.

    Args:
        told: how many numbers in [0, 1] it is told.
        blocks: of the network.
        width: channels of each block.

    """

    def __init__(self, told: int, blocks: int, width: int) -> None:
        super().__init__()
        self.blocks = blocks
        self.hidden = nn.Linear(told, HIDDEN)
        self.out = nn.Linear(HIDDEN, blocks * width, bias=False)
        nn.init.zeros_(self.out.weight)

    def forward(self, strengths_BT: Tensor) -> tuple[Tensor, ...]:
        """Return (B, width, 1, 1) for each block."""
        told_BH = F.relu(self.hidden(strengths_BT))
        nothing_1H = F.relu(self.hidden(torch.zeros_like(strengths_BT[:1])))
        shifts_BC = self.out(told_BH - nothing_1H)
        return tuple(part[..., None, None] for part in shifts_BC.chunk(self.blocks, 1))
