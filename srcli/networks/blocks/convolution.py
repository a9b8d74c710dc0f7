"""Convolutions whose results do not depend on the size of their input."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - PyTorch's own usage

NATIVE_SAMPLES = 20_480
"""A single input of so many samples or fewer PyTorch convolves in another way on a processor,
whose last bits may differ (``use_mkldnn`` in its Convolution.cpp)."""


def convolve_rows(rows_1CHW: Tensor, kernel: Tensor, bias: Tensor) -> Tensor:
    """Convolve with a 3x3 kernel that is padded with zeros on the left and right alone.

    Returns:
        (1, C', H - 2, W), to the bit what is computed in the middle of a larger picture.

    """
    if rows_1CHW.numel() <= NATIVE_SAMPLES:
        twice = torch.cat((rows_1CHW, rows_1CHW))
        return F.conv2d(twice, kernel, bias, padding=(0, 1))[:1]
    return F.conv2d(rows_1CHW, kernel, bias, padding=(0, 1))
