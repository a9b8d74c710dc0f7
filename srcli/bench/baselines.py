"""Enlargement without a network, on 8-bit pictures as MATLAB's ``imresize`` does it.

Each takes LR, RGB float (1, 3, h, w) of 8-bit samples in [0, 1], the (height, width) of the
result and the ratio, and returns SR of the same kind.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor
from torch.nn import functional

from srcli.pixels.resize import resize_uint8

LANCZOS_LOBES = 3

Upscale = Callable[[Tensor, tuple[int, int], float], Tensor]
"""LR (1, 3, h, w), size and ratio to SR (1, 3, *size), both float32 in [0, 1], in host memory."""


def nearest(lr: Tensor, size: tuple[int, int], ratio: float) -> Tensor:  # noqa: ARG001 - Upscale
    """Repeat the sample whose centre is nearest."""
    return functional.interpolate(lr, size, mode="nearest-exact")


def bicubic(lr: Tensor, size: tuple[int, int], ratio: float) -> Tensor:  # noqa: ARG001 - Upscale
    """MATLAB's bicubic, rounded after each axis: the bicubic row of the literature."""
    return resize_uint8(_eight_bit(lr), size).to(lr.dtype) / 255


def lanczos3(lr: Tensor, size: tuple[int, int], ratio: float) -> Tensor:  # noqa: ARG001 - Upscale
    """MATLAB's ``lanczos3`` for enlargement: six taps, mirrored borders, rounded per axis."""
    image = _eight_bit(lr)
    for length in size:  # the columns as rows of the transpose: their samples lie together
        exact = _lanczos_rows(image.double(), length)
        rounded = (exact + 0.5).floor_().clamp_(0, 255).to(torch.uint8)
        image = rounded.transpose(2, 3).contiguous()
    return image.to(lr.dtype) / 255


BASELINES: Mapping[str, Upscale] = {"nearest": nearest, "bicubic": bicubic, "lanczos": lanczos3}


def _eight_bit(image: Tensor) -> Tensor:
    return (image * 255 + 0.5).to(torch.uint8)


def _lanczos_rows(image: Tensor, out_size: int) -> Tensor:
    in_size = image.shape[2]
    centre = (torch.arange(out_size, dtype=torch.float64) + 0.5) * (in_size / out_size) - 0.5
    first = torch.floor(centre).long() - (LANCZOS_LOBES - 1)
    index = first[:, None] + torch.arange(2 * LANCZOS_LOBES)
    offset = (centre[:, None] - index).clamp(-LANCZOS_LOBES, LANCZOS_LOBES)
    weight = torch.sinc(offset) * torch.sinc(offset / LANCZOS_LOBES)
    weight = weight / weight.sum(1, keepdim=True)
    index = index.remainder(2 * in_size)
    index = torch.where(index < in_size, index, 2 * in_size - 1 - index)
    total = image.new_zeros(*image.shape[:2], out_size, image.shape[3])
    for k in range(index.shape[1]):
        total.addcmul_(image.index_select(2, index[:, k]), weight[:, k].view(1, 1, -1, 1))
    return total
