"""Residual blocks, and shifts of their channels by the strengths of degradations.

FFDNet (Zhang et al., IEEE TIP 2018) and FBCNN (Jiang et al., ICCV 2021) tell a network the
strength of noise or compression. Our network shifts its channels before each ReLU, which takes
hardly any time.

Shape suffixes: B batch, C channels, H W rows and columns, T strengths.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - PyTorch's own usage

HIDDEN = 32
"""Units of the layer between strengths and shifts."""


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
    """Turns strengths into a shift of every channel before every ReLU.

    If all strengths are 0, all shifts are 0, as in a network that is told nothing.

    Args:
        told: number of strengths, each in [0, 1].
        blocks: number of blocks of the network.
        width: channels of each block.

    """

    def __init__(self, told: int, blocks: int, width: int) -> None:
        super().__init__()
        self.blocks = blocks
        self.hidden = nn.Linear(told, HIDDEN)
        self.out = nn.Linear(HIDDEN, blocks * width, bias=False)
        nn.init.zeros_(self.out.weight)

    def forward(self, strengths_BT: Tensor) -> tuple[Tensor, ...]:
        """Return the shift (B, width, 1, 1) of each block."""
        told_BH = F.relu(self.hidden(strengths_BT))
        nothing_1H = F.relu(self.hidden(torch.zeros_like(strengths_BT[:1])))
        shifts_BC = self.out(told_BH - nothing_1H)
        return tuple(part[..., None, None] for part in shifts_BC.chunk(self.blocks, 1))
