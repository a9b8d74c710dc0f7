"""PSNR-B, which counts what is left of the blocks of JPEG as an error; larger is better.

Source: Yim and Bovik, "Quality assessment of deblocked images", IEEE TIP 2011. The blocking effect
factor is taken of the restored picture alone. Pairs of neighbours are counted as they are, where
the paper's formulas hold for whole blocks.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from srcli.metrics.psnr import PEAK, decibels

BLOCK = 8


def blocking_effect(image: Tensor, *, block: int = BLOCK) -> float:
    """Return the blocking effect factor of samples (1, 1, H, W), floating point in 0..255.

    It is 0 where the steps between blocks are not larger than those within them, and where the
    picture holds no two blocks.
    """
    total, count = {True: 0.0, False: 0.0}, {True: 0, False: 0}
    for axis in (2, 3):
        squares = image.double().diff(dim=axis).square_()
        at_border = torch.arange(1, squares.shape[axis] + 1) % block == 0
        for between in (True, False):
            part = squares.index_select(axis, (at_border == between).nonzero()[:, 0])
            total[between] += part.sum().item()
            count[between] += part.numel()
    if not (count[True] and count[False]):
        return 0.0
    excess = total[True] / count[True] - total[False] / count[False]
    return max(0.0, excess) * math.log2(block) / math.log2(min(image.shape[2:]))


def psnr_b(restored: Tensor, original: Tensor, *, peak: float = PEAK) -> float:
    """Return 10 log10(peak^2 / (mean squared difference + blocking effect factor)).

    Args:
        restored: samples (1, 1, H, W), floating point in 0..``peak``.
        original: samples of the same shape.
        peak: largest value of a sample.

    Raises:
        ValueError: the shapes differ.

    """
    if restored.shape != original.shape:
        msg = f"shapes differ: {tuple(restored.shape)} and {tuple(original.shape)}"
        raise ValueError(msg)
    error = (restored.double() - original.double()).square_().mean().item()
    return decibels(error + blocking_effect(restored), peak=peak)
