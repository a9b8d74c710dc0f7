"""Gradient magnitude similarity deviation; smaller is better, and 0 is perfect.

Source: Xue, Zhang, Mou and Bovik, "Gradient magnitude similarity deviation", TIP 2014,
equations 3 to 6.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

CONSTANT = 170.0
"""Keeps the similarity of flat areas defined, for samples in 0..255."""
PREWITT = ((1 / 3, 0.0, -1 / 3),) * 3


def gmsd(first: Tensor, second: Tensor) -> float:
    """Return GMSD of grey (1, 1, H, W) in 0..255, float64, both sides at least 4."""
    x, y = (gradients(_halved(one), PREWITT) for one in (first, second))
    return likeness(x, y, CONSTANT).std(correction=0).item()


def gradients(image: Tensor, kernel: tuple[tuple[float, ...], ...]) -> Tensor:
    """Return the length of the gradient (1, 1, H, W); outside the picture samples are 0."""
    across = torch.tensor(kernel, dtype=image.dtype, device=image.device)
    both = torch.stack([across, across.T])[:, None]
    return functional.conv2d(image, both, padding=1).square().sum(1, keepdim=True).sqrt()


def likeness(x: Tensor, y: Tensor, constant: float) -> Tensor:
    """Return how alike two maps are, at each place: 1 where they are equal."""
    return (2 * x * y + constant) / (x * x + y * y + constant)


def _halved(image: Tensor) -> Tensor:
    """Return means of 2 x 2 samples; beyond an odd side they are 0."""
    odd_rows, odd_columns = (side % 2 for side in image.shape[2:])
    return functional.avg_pool2d(functional.pad(image, (0, odd_columns, 0, odd_rows)), 2)
