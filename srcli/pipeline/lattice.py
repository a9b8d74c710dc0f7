"""The quality of a JPEG file that pixels once were, from the lattice of their coefficients.

JPEG rounds each coefficient of a block of 8x8 to multiples of a step, and the quality decides the
steps. Pixels that were decoded keep these multiples, up to their own rounding, however much
texture hides the blocks from the eye (Fan and de Queiroz, "Identification of Bitmap Compression
History", 2003). Sums are in float64.
"""

from __future__ import annotations

import math
from statistics import median

import torch
from torch import Tensor

from srcli.pipeline.blocks import BLOCK

STEPS = torch.arange(2, 64)
PLACES = {(0, 1): 11, (1, 0): 12, (1, 1): 12, (0, 2): 10, (2, 0): 14}
"""Coefficients (row, column) that are looked at, and their steps at quality 50 (T.81, annex K)."""
FEWEST_PLACES = 4
FEWEST_BLOCKS = 48
"""Blocks whose coefficient is not 0 that a step must be told from."""
SIEVE = 512
"""About so many coefficients of a place reject most steps, before all of them are looked at."""
SURE = 0.33
"""Mean cosine from which a step is believed: 0.4 to 1 if it is the one, 0.2 at most if not."""
UNLIKELY, ENOUGH = 0.1, 128
"""Mean cosine of that many coefficients or more below which the sieve rejects a step."""


def jpeg_compression(luma: Tensor) -> float:
    """Return 100 less the quality of the strongest JPEG coding that pixels show, 0 for none.

    Args:
        luma: int16 (N, h, w), with a grid of blocks from its corner: a picture that was cropped
            since by other than multiples of eight shows none.

    """
    blocks = _whole_blocks(luma)
    waves = _waves()
    coefficients = waves @ blocks @ waves.T
    found = [
        _compression(step, usual)
        for (row, column), usual in PLACES.items()
        if (step := _step(coefficients[:, row, column]))
    ]
    return median(found) if len(found) >= FEWEST_PLACES else 0.0


def _whole_blocks(luma: Tensor) -> Tensor:
    """Return the blocks without clipped pixels: float64 (N, 8, 8)."""
    height, width = (side // BLOCK for side in luma.shape[1:])
    cut = luma[:, : BLOCK * height, : BLOCK * width]
    blocks = cut.reshape(-1, height, BLOCK, width, BLOCK).transpose(2, 3).flatten(0, 2)
    whole = (blocks.amin((1, 2)) > 0) & (blocks.amax((1, 2)) < 255)  # noqa: PLR2004 - white
    return blocks[whole].double()


def _waves() -> Tensor:
    """Return the three lowest waves of JPEG's transform: float64 (3, 8)."""
    places, order = torch.arange(BLOCK).double() + 0.5, torch.arange(3).double()
    waves = torch.cos(math.pi / BLOCK * order[:, None] * places) / 2
    waves[0] /= math.sqrt(2)
    return waves


def _step(values: Tensor) -> int:
    """Return the largest step that coefficients (N,) are multiples of, 0 for none."""
    values = values[values.abs() >= STEPS[0] / 2]
    steps = STEPS
    if len(values) > 2 * SIEVE:
        count, cosines = _agreement(values[:: len(values) // SIEVE], steps)
        steps = steps[(count < ENOUGH) | (cosines >= UNLIKELY * count)]
    count, cosines = _agreement(values, steps)
    sure = (count >= FEWEST_BLOCKS) & (cosines >= SURE * count)
    return int(steps[sure].max()) if sure.any() else 0


def _agreement(values: Tensor, steps: Tensor) -> tuple[Tensor, Tensor]:
    """Return how many values (N,) round to other multiples than 0 of each step (S,).

    And the sum (S,) of the cosines of these, which is their number if all are multiples.
    """
    counted = values.abs() >= steps[:, None] / 2
    cosines = torch.where(counted, torch.cos(2 * math.pi * values / steps[:, None]), 0.0)
    return counted.sum(1), cosines.sum(1)


def _compression(step: int, usual: int) -> float:
    """Return 100 less the quality at which libjpeg's step is ``step``, if 50 makes it ``usual``."""
    share = step / usual
    return 50 * share if share <= 1 else 100 - 50 / share
