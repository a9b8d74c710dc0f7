"""Estimate which mix of the models of ``auto`` suits a picture, and how noisy it is.

A small network reads all that was measured. It learned on training pictures, spoilt in many ways,
what each mix makes of them, to choose the one with the least error. ``examples/suited.py`` trains
it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from srcli.weights.formats.tensor_file import read_tensors

if TYPE_CHECKING:
    from srcli.pipeline.inspection import Inspection

WEIGHTS = Path(__file__).with_suffix(".safetensors")
FINEST = 0.5
"""Levels of noise that the network counts from: it learned the logarithm to base 2 of noise and
this."""
SEEN_BLUR = 0.54
"""Blur in pixels above which a picture is softer than most that were only reduced."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suited:
    """What suits a picture.

    Attributes:
        shares: of each of ``shares.MODELS`` in the weights; their sum is 1.
        noise: standard deviation of noise of any grain, in levels of 255.

    """

    shares: tuple[float, ...]
    noise: float


def suited(clues: Tensor) -> Suited:
    """Return what suits a picture.

    Args:
        clues: float64 (F), from ``clues_of``.

    """
    weights = _weights()
    hidden = torch.relu(weights["hidden.weight"] @ clues + weights["hidden.bias"])
    output = weights["output.weight"] @ hidden + weights["output.bias"]
    shares = torch.softmax(output[:-1], 0).tolist()
    noise = max(2 ** float(output[-1]) - FINEST, 0.0)
    return Suited(shares=tuple(shares), noise=noise)


def clues_of(measured: Inspection, patterns: Tensor, energies: Tensor) -> Tensor:
    """Put together what the network reads: float64 (F).

    Args:
        measured: all else; its noise is that of white grain.
        patterns: from ``pattern_shares``.
        energies: from ``block_energies``.

    """
    noise, blur, told = measured.noise, measured.blur, measured.told
    compression = math.log2(measured.compression + 1)
    sharp = min(max(measured.sharpening, 0.01), 0.99)
    figures = [
        *(math.log2(noise + 0.3), min(noise / 3, 1.0)),
        *(compression, min(measured.compression / 20, 1.0), compression * told, float(told)),
        *(blur, max(blur - SEEN_BLUR, 0.0), math.log2(measured.detail + 0.5)),
        *(math.log(sharp / (1 - sharp)), measured.sharpening, measured.flat),
    ]
    return torch.cat([patterns, energies, torch.tensor(figures, dtype=torch.float64)])


@cache
def _weights() -> dict[str, Tensor]:
    return {name: tensor.double() for name, tensor in read_tensors(WEIGHTS).items()}
