"""MATLAB's bicubic enlargement by a whole factor, for networks that add to it.

The numbers are those of ``resize``. That function uses tables of positions for one size, but a
network that is exported for other runtimes has no size yet. Autocast changes nothing here.
"""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor

from srcli.pixels.resize import axis_taps

REACH = 2
"""Input samples on either side on which an output sample depends."""


def enlarge(image: Tensor, factor: int) -> Tensor:
    """Enlarge ``image`` (B, C, H, W), floating point, to (B, C, factor H, factor W)."""
    rows = _enlarge_rows(image, factor)
    return _enlarge_rows(rows.transpose(2, 3), factor).transpose(2, 3).contiguous()


def _enlarge_rows(image: Tensor, factor: int) -> Tensor:
    """Interleave one weighted sum of shifted copies for each phase of the output rows."""
    batch, channels, height, width = image.shape
    extended = image.index_select(2, _mirrored(height, image.device))
    phases = []
    for (first, weight), *others in _phases(factor):
        total = extended.narrow(2, first, height) * weight
        for tap, weight_there in others:
            total.add_(extended.narrow(2, tap, height), alpha=weight_there)
        phases.append(total)
    return torch.stack(phases, 3).view(batch, channels, factor * height, width)


def _mirrored(length: int, device: torch.device) -> Tensor:
    """Return positions from ``-REACH`` to ``length + REACH``, mirrored at the borders.

    ``borders.mirrored`` takes a remainder by the length, which cannot be exported for any length.
    """
    position = torch.arange(-REACH, length + REACH, device=device)
    position = torch.where(position < 0, -1 - position, position)
    return torch.where(position < length, position, 2 * length - 1 - position).clamp(min=0)


@lru_cache(maxsize=16)
def _phases(factor: int) -> tuple[tuple[tuple[int, float], ...], ...]:
    """Return the taps of each phase, counted from ``-REACH``, with their weights.

    They are taken from the middle of a long axis. They are plain numbers, so that a trace of a
    network holds them as constants.
    """
    middle = 2 * REACH + 1
    taps = axis_taps(2 * middle, factor * 2 * middle)
    return tuple(
        tuple(
            (int(position) - middle + REACH, float(weight))
            for position, weight in zip(taps.index[output], taps.weight[output], strict=True)
            if weight
        )
        for output in range(factor * middle, factor * (middle + 1))
    )
