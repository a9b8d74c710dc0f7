"""Estimate how much of the model for sharpened pictures suits a picture.

Neighbouring pixels of a sharpened picture differ in other patterns than those of a picture that
was only reduced. The patterns of four differences in a row are counted, and a small network reads
the counts. ``examples/sharpening.py`` trains it.

Source of the counts: "SPAM" of Pevný, Bas, Fridrich, IEEE Transactions on Information Forensics and
Security 5(2), 2010.
"""

from __future__ import annotations

import itertools
from functools import cache
from pathlib import Path

import torch
from torch import Tensor

from srcli.weights.formats.tensor_file import read_tensors

SMALL_AND_LARGE = ((1, 3), (3, 9), (8, 24))
"""Levels from which a difference counts as small and as large, for three counts."""
RUN = 4
"""Number of differences in a pattern."""
KINDS = 5
"""Kinds of differences: large and small falls, none, small and large rises."""
EVERY = 2
"""One in so many rows, and one in so many columns, is counted: those beside it tell little more."""
WEIGHTS = Path(__file__).with_suffix(".safetensors")


def sharpening(luma: Tensor) -> float:
    """Return which share of the model for sharpened pictures suits a picture best.

    Args:
        luma: int16 (N, h, w), windows of the picture, levels.

    Returns:
        0 (it was only reduced) to 1 (it was sharpened by half and more). A picture that does not
        tell, such as one without details, has a share that costs the least in either case.

    """
    weights = _weights()
    hidden = torch.relu(pattern_shares(luma) @ weights["hidden.weight"].T + weights["hidden.bias"])
    output = hidden @ weights["output.weight"].T + weights["output.bias"]
    return float(torch.sigmoid(output)[0])


def pattern_shares(luma: Tensor) -> Tensor:
    """Return the square roots of how frequent each pattern is: float64 (F).

    A pattern, its mirror image and their negatives are counted together. The root makes frequent
    and seldom patterns alike in spread.

    Args:
        luma: int16 (N, h, w).

    """
    lines = (luma[:, ::EVERY], luma.transpose(1, 2)[:, ::EVERY])
    steps = [line[..., 1:] - line[..., :-1] for line in lines]
    counts = torch.stack(
        [
            sum((_patterns(step, small, large) for step in steps), torch.zeros(KINDS**RUN)).double()
            for small, large in SMALL_AND_LARGE
        ]
    )
    like = _patterns_alike()
    folded = counts.new_zeros(len(counts), int(like.max()) + 1).index_add_(1, like, counts)
    return (folded / folded.sum(1, keepdim=True).clamp(min=1)).sqrt().flatten()


def _patterns(steps: Tensor, small: int, large: int) -> Tensor:
    """Count each pattern along rows: int64 (KINDS ** RUN)."""
    kinds = (steps >= small).to(torch.int16)
    kinds += steps >= large
    kinds -= (steps <= -small).to(torch.int16)
    kinds -= (steps <= -large).to(torch.int16)
    kinds += KINDS // 2
    pairs = KINDS * kinds[..., :-1] + kinds[..., 1:]
    patterns = KINDS**2 * pairs[..., :-2] + pairs[..., 2:]
    return torch.bincount(patterns.flatten(), minlength=KINDS**RUN)


@cache
def _patterns_alike() -> Tensor:
    """Return the number of its group for each pattern: int64 (KINDS ** RUN)."""
    groups: dict[tuple[int, ...], int] = {}
    found = []
    for pattern in itertools.product(range(KINDS), repeat=RUN):
        negative = tuple(KINDS - 1 - kind for kind in pattern)
        first = min(pattern, negative, pattern[::-1], negative[::-1])
        found.append(groups.setdefault(first, len(groups)))
    return torch.tensor(found)


@cache
def _weights() -> dict[str, Tensor]:
    return {name: tensor.double() for name, tensor in read_tensors(WEIGHTS).items()}
