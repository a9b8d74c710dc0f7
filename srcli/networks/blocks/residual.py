"""Networks of residual blocks, and shifts of their channels by the strengths of degradations.

FFDNet (Zhang et al., IEEE TIP 2018) and FBCNN (Jiang et al., ICCV 2021) tell a network the
strength of noise or compression. Our network shifts its channels before each ReLU, which takes
hardly any time.

Shape suffixes: B batch, C channels, H W rows and columns, u unshuffle, T strengths.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - PyTorch's own usage

from srcli.networks.spec import AnyRatioNetwork

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


@dataclass(frozen=True, slots=True, kw_only=True)
class ResidualLayers:
    """The layers of a network of residual blocks, as they run at one ratio.

    All convolutions are 3x3 and padded with zeros.

    Attributes:
        unshuffle: factor u by which the grid of the layers is coarser than the image.
        stem: convolution from 3 u^2 channels of the unshuffled image to those of the blocks.
        blocks: the residual blocks. Their output and that of the stem are added.
        shifts: shift (B, C, 1, 1) of each block, or None.
        head: kernel and bias of the convolution to the 3 u^2 channels that are shuffled and
            added to the image.

    """

    unshuffle: int
    stem: nn.Module
    blocks: Sequence[nn.Module]
    shifts: Sequence[Tensor | None]
    head: tuple[Tensor, Tensor]

    def run(self, image_B3HW: Tensor) -> Tensor:
        """Return the network's output, of the same shape."""
        kernel, bias = self.head
        residual_BCHW = F.conv2d(self.features(image_B3HW), kernel, bias, padding=1)
        return image_B3HW + F.pixel_shuffle(residual_BCHW, self.unshuffle)

    def features(self, image_B3HW: Tensor) -> Tensor:
        """Return the input (B, C, H / u, W / u) of the head."""
        stem_BCHW: Tensor = self.stem(F.pixel_unshuffle(image_B3HW, self.unshuffle))
        features_BCHW = stem_BCHW
        for block, shift_BC11 in zip(self.blocks, self.shifts, strict=True):
            features_BCHW = block(features_BCHW, shift_BC11)
        return features_BCHW + stem_BCHW


class ResidualNetwork(AnyRatioNetwork):
    """A network of any ratio that consists of residual blocks, so it can run row by row."""

    @abstractmethod
    def layers(self, ratio: float, strengths_BT: Tensor | None = None) -> ResidualLayers:
        """Return the layers that run at a ratio; arguments as for ``forward``."""

    def forward(
        self, image_B3HW: Tensor, ratio: float, strengths_BT: Tensor | None = None
    ) -> Tensor:
        return self.layers(ratio, strengths_BT).run(image_B3HW)
