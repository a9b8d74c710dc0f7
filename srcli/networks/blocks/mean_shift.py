"""The colour offset at the start and the end of EDSR's descendants."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - PyTorch's own usage

DIV2K_MEAN = (0.4488, 0.4371, 0.4040)


class MeanShift(nn.Module):
    """1x1 convolution that starts as the identity plus ``sign`` times the mean of DIV2K.

    Args:
        sign: -1 to subtract the mean, +1 to add it.
        rgb_range: largest sample value, by which the mean is multiplied.
        trainable: whether the shift is learned, as in SAN, or constant, as in other networks.

    """

    weight: Tensor
    bias: Tensor

    def __init__(self, sign: int, *, rgb_range: float, trainable: bool = False) -> None:
        super().__init__()
        weight_33 = torch.eye(3).view(3, 3, 1, 1)
        bias_3 = sign * rgb_range * torch.tensor(DIV2K_MEAN)
        if trainable:
            self.weight, self.bias = nn.Parameter(weight_33), nn.Parameter(bias_3)
        else:
            self.register_buffer("weight", weight_33)
            self.register_buffer("bias", bias_3)

    def forward(self, image_B3HW: Tensor) -> Tensor:
        return F.conv2d(image_B3HW, self.weight, self.bias)
