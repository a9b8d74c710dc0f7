"""Count in which patterns neighbouring pixels differ.

They differ in other patterns where a picture was sharpened, blurred, compressed or made noisy than
where it was only reduced.

Source: "SPAM" of Pevný, Bas, Fridrich, IEEE Transactions on Information Forensics and Security
5(2), 2010.
"""

from __future__ import annotations

import itertools
from functools import cache

import torch
from torch import Tensor

SMALL_AND_LARGE = ((1, 3), (3, 9), (8, 24))
"""Levels from which a difference counts as small and as large, for three counts."""
RUN = 4
"""Number of differences in a pattern."""
KINDS = 5
"""Kinds of differences: large and small falls, none, small and large rises."""
EVERY = 2
"""One in so many rows, and one in so many columns, is counted: those beside it tell little more."""


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
