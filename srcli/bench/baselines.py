"""Enlargement without a network, on 8-bit pictures as MATLAB's ``imresize`` does it.

Each takes LR, RGB float (1, 3, h, w) of 8-bit samples in [0, 1], the (height, width) of the
result and the ratio, and returns SR of the same kind.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import torch
from torch import Tensor
from torch.nn import functional

from srcli.metrics.protocol import PUBLISHED, Protocol
from srcli.pixels.levels import to_levels
from srcli.pixels.resize import Kernel, resize, resize_uint8

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
    rows = resize_uint8(_eight_bit(lr), (size[0], lr.shape[3]), kernel="lanczos")
    return resize_uint8(rows, size, kernel="lanczos").to(lr.dtype) / 255


BASELINES: Mapping[str, Upscale] = {"nearest": nearest, "bicubic": bicubic, "lanczos": lanczos3}


def baselines_for(protocol: Protocol) -> Mapping[str, Upscale]:
    """Return the baselines, resizing and rounding as the protocol has it."""
    if protocol.round_lr and protocol.border == PUBLISHED.border:
        return BASELINES
    return {
        "nearest": nearest,
        "bicubic": partial(_resized, "bicubic", protocol),
        "lanczos": partial(_resized, "lanczos", protocol),
    }


def _resized(
    kernel: Kernel,
    protocol: Protocol,
    lr: Tensor,
    size: tuple[int, int],
    ratio: float,  # noqa: ARG001 - Upscale
) -> Tensor:
    if not protocol.round_lr:
        return resize(lr.double(), size, borders=(protocol.border,) * 2, kernel=kernel)
    levels = to_levels(lr, torch.uint8)
    return resize_uint8(levels, size, border=protocol.border, kernel=kernel).to(lr.dtype) / 255


def _eight_bit(image: Tensor) -> Tensor:
    return (image * 255 + 0.5).to(torch.uint8)
