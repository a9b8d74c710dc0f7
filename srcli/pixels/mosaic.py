"""The Bayer mosaic of a camera, filled up bilinearly."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - PyTorch's own usage

from srcli.pixels.levels import from_levels, to_levels

PATTERN = (((0, 0),), ((0, 1), (1, 0)), ((1, 1),))
"""RGGB: row and column, modulo 2, of the samples that are red, green and blue."""
TAPS = (1.0, 2.0, 1.0)


def mosaic(image: Tensor) -> Tensor:
    """Keep one colour of each pixel, and interpolate the others from their nearest neighbours.

    Args:
        image: RGB uint8 (B, 3, H, W).

    Returns:
        RGB uint8 (B, 3, H, W): the samples of the mosaic are kept, and the others are means of
        two or four of their colour, or of those that there are at the border. Both sides must be
        at least 2.

    """
    kept = from_levels(image) * _mask(image)
    present = _mask(image).expand_as(kept)
    filled = _spread(kept) / _spread(present)
    return to_levels(torch.where(present > 0, kept, filled), torch.uint8)


def _mask(image: Tensor) -> Tensor:
    mask = torch.zeros(1, *image.shape[1:])
    for colour, places in enumerate(PATTERN):
        for row, column in places:
            mask[:, colour, row::2, column::2] = 1
    return mask


def _spread(samples: Tensor) -> Tensor:
    """Sum the 3x3 neighbours with bilinear weights; there is nothing beyond the border."""
    taps = torch.tensor(TAPS)
    kernel = (taps[:, None] * taps).expand(samples.shape[1], 1, 3, 3)
    return F.conv2d(samples, kernel, padding=1, groups=samples.shape[1])
