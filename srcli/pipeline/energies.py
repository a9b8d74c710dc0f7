"""Measure how much the blocks of a picture change from pixel to pixel, at four sizes.

Noise raises all blocks to the same level, the calm ones as well. How that level changes from size
to size tells its grain.
"""

from __future__ import annotations

import torch
from torch import Tensor

from srcli.pipeline.laplacians import GAIN, difference_of_laplacians, doubled_half
from srcli.pipeline.sample import Sample

BLOCKS = (8, 8, 4, 2)
"""Sides of the blocks, in pixels of the sample itself and of each picture half as large as that
before it."""
CALMER = (0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 0.95)
"""Ranks of the blocks that are measured: 0 is the calmest of all blocks, 1 the liveliest."""
LEAST = 0.01
"""Variance in squared levels below which differences do not matter."""
PLANES = 3
WIDE_FROM = 2
"""Number of the first size whose sums need 32 bits: 16 times 1020 fits 16 bits."""


def block_energies(sample: Sample) -> Tensor:
    """Return the variance of blocks of different calmness, as logarithms to base 2: float64 (96).

    Planes are luma and the differences of red and of blue to green, at each of four sizes, for each
    of ``CALMER``. What a picture is too small for, and the colours of a grey one, have no variance.
    """
    colors = sample.colors
    planes = [sample.luma]
    if colors.shape[1] > 1:
        planes += [colors[:, 0] - colors[:, 1], colors[:, 2] - colors[:, 1]]
    size = torch.stack(planes, 1)
    found = torch.zeros(PLANES, len(BLOCKS), len(CALMER), dtype=torch.float64)
    for n, side in enumerate(BLOCKS):
        size = doubled_half(size.int() if n == WIDE_FROM else size) if n else size
        if min(size.shape[2:]) >= side + 2:
            brighter = 16**n  # a halved picture is four times as bright as that before it
            found[: len(planes), n] = _calm_energies(size, side) / (GAIN * brighter)
    return (found + LEAST).log2().flatten()


def _calm_energies(planes: Tensor, side: int) -> Tensor:
    """Return the mean square of the difference of Laplacians: float64 (C, 8), calm blocks first.

    All sums are whole numbers, so that their order does not matter.
    """
    answer = difference_of_laplacians(planes)
    answer = answer.to(_type_of_sums(answer, side))
    rows, columns = (length // side for length in answer.shape[2:])
    whole = (answer * answer)[..., : rows * side, : columns * side]
    cut = whole.reshape(*answer.shape[:2], rows, side, columns, side)
    energies = cut.sum(3, dtype=cut.dtype).sum(4, dtype=torch.int64).double() / side**2
    ranked = energies.transpose(0, 1).flatten(1).sort(1).values
    places = [int(share * (ranked.shape[1] - 1)) for share in CALMER]
    return ranked[:, places]


def _type_of_sums(answer: Tensor, side: int) -> torch.dtype:
    """Return the type that holds the sums of a column of squares."""
    largest = int(answer.int().abs().amax()) ** 2 * side
    return torch.int32 if largest < 2**31 else torch.int64
