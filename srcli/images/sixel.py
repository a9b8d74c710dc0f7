"""Pictures as sixels, which some terminals show: six rows at a time, a colour at a time."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

import numpy as np
from numpy.typing import NDArray
from PIL import Image

COLORS = 256
BAND = 6
FIRST = 63
"""Character of a column of six pixels, none of which has the colour."""
SHORTEST_RUN = 4
"""Equal columns from which on a count is shorter."""


def sixels(pixels: NDArray[np.uint8]) -> str:
    """Write a picture, RGB uint8 (H, W, 3), with at most 256 colours and the controls around it."""
    height, width = pixels.shape[:2]
    reduced = Image.fromarray(pixels).quantize(COLORS)
    index = np.asarray(reduced)
    palette = np.asarray(reduced.getpalette() or [], np.uint8).reshape(-1, 3)
    percent = np.rint(palette.astype(float) / 2.55).astype(int)
    colors = "".join(f"#{n};2;{r};{g};{b}" for n, (r, g, b) in enumerate(percent))
    bands = "-".join(_band(index[top : top + BAND]) for top in range(0, height, BAND))
    return f'\x1bPq"1;1;{width};{height}{colors}{bands}\x1b\\'


def _band(rows: NDArray[np.uint8]) -> str:
    """Write up to six rows: each of their colours over the whole width, one over the other."""
    bits = 1 << np.arange(len(rows))[:, None]
    return "$".join(
        f"#{color}{''.join(_runs(((rows == color) * bits).sum(0)))}" for color in np.unique(rows)
    )


def _runs(columns: NDArray[np.int64]) -> Iterator[str]:
    for value, run in groupby(columns.tolist()):
        mark, count = chr(FIRST + value), len(list(run))
        yield f"!{count}{mark}" if count >= SHORTEST_RUN else mark * count
