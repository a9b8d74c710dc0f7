"""Tell whether a picture was drawn: flat colours, and edges without a slope."""

from __future__ import annotations

import torch
from torch import Tensor

STRONG = 48
"""The least step between two pixels that is taken for an edge, in levels."""


def flat_and_crisp(colors: Tensor) -> tuple[float, float]:
    """Measure how flat the areas and how crisp the edges of a picture are.

    A screen that is shown at its own size has flat colour right up to its edges. Reducing a
    picture, compressing it and photographing it all leave something beside an edge.

    Args:
        colors: int16 (N, C, h, w), levels of 255.

    Returns:
        The share of pixels that equal their left neighbours, and the share of steps of at least
        ``STRONG`` between two neighbours that begin or end on exactly flat colour.

    """
    flat, crisp = [], [0, 0]
    for change in (_changes(colors, 3), _changes(colors, 2).transpose(1, 2)):
        same = change == 0
        flat.append(int(same.sum()) / same.numel())
        step = change[..., 1:-1] >= STRONG
        crisp[0] += int((step & (same[..., :-2] | same[..., 2:])).sum())
        crisp[1] += int(step.sum())
    return flat[0], crisp[0] / crisp[1] if crisp[1] else 0.0


def _changes(colors: Tensor, axis: int) -> Tensor:
    """Return the largest difference of any channel between neighbours along an axis."""
    length = colors.shape[axis] - 1
    change = (colors.narrow(axis, 1, length) - colors.narrow(axis, 0, length)).abs_()
    largest = change[:, 0]
    for channel in range(1, change.shape[1]):
        largest = torch.maximum(largest, change[:, channel])
    return largest
