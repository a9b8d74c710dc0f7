"""The frames of an animation as they are seen: each laid over what the ones before it left.

Source: PNG (Third Edition), W3C 2025, 11.3.6 and 12.1; GIF89a, CompuServe 1990, section 23.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum

import numpy as np

from srcli.images.picture.samples import RGB, RGB_ALPHA, Samples


class Disposal(Enum):
    """What becomes of a frame's area before the next frame is drawn."""

    KEEP = "keep"
    CLEAR = "clear"
    RESTORE = "restore"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Layer:
    """One frame as a file stores it.

    Attributes:
        samples: uint8 or uint16 (h, w, 4), the colours not multiplied by alpha.
        top: row of the canvas where it starts.
        left: column of the canvas where it starts.
        over: it is laid over the canvas by its alpha; otherwise it replaces its area.
        disposal: what becomes of its area afterwards.

    """

    samples: Samples
    top: int
    left: int
    over: bool
    disposal: Disposal


@dataclass(frozen=True, slots=True, kw_only=True)
class LayeredFrames:
    """An animated file taken apart, its frames still compressed.

    Attributes:
        size: height and width of the canvas.
        plays: how often all frames are shown; 0 for ever.
        durations: milliseconds that each frame is shown.
        layers: decodes the frames in turn.

    """

    size: tuple[int, int]
    plays: int
    durations: tuple[float, ...]
    layers: Callable[[], Iterable[Layer]]

    def seen(self) -> Iterator[Samples]:
        """Decode the frames in turn, as uint8 or uint16 (height, width, 4)."""
        return compose(self.size, self.layers())


def compose(size: tuple[int, int], layers: Iterable[Layer]) -> Iterator[Samples]:
    """Yield what is seen (height, width, 4) after each layer was drawn on a transparent canvas.

    A layer that would be restored to what was before the first one leaves its area transparent.
    Parts of layers that lie beyond the canvas are left out.
    """
    canvas: Samples | None = None
    for layer in layers:
        if canvas is None:
            canvas = np.zeros((*size, RGB_ALPHA), layer.samples.dtype)
        rows, columns = layer.samples.shape[:2]
        area = canvas[layer.top : layer.top + rows, layer.left : layer.left + columns]
        before = area.copy()
        drawn = layer.samples[: area.shape[0], : area.shape[1]]
        area[:] = blend_over(drawn, area) if layer.over else drawn
        yield canvas.copy()
        if layer.disposal is Disposal.CLEAR:
            area[:] = 0
        elif layer.disposal is Disposal.RESTORE:
            area[:] = before


def blend_over(above: Samples, below: Samples) -> Samples:
    """Lay samples (h, w, 4) over others by alpha, rounded once, in their own depth.

    Opacity adds up as a + b (1 - a), and colours count by the opacity that each side has in
    that sum.
    """
    peak = int(np.iinfo(above.dtype).max)
    opacity = above[..., RGB:].astype(np.int64)
    result = np.where(opacity == 0, below, above)
    mixed = ((opacity > 0) & (opacity < peak))[..., 0]
    if mixed.any():
        upper, lower, opacity = above[mixed], below[mixed], opacity[mixed]
        share = opacity * peak
        rest = (peak - opacity) * lower[:, RGB:]
        total = share + rest
        colors = upper[:, :RGB] * share + lower[:, :RGB] * rest
        blended = np.concatenate([_rounded(colors, total), _rounded(total, peak)], axis=1)
        result[mixed] = blended.astype(above.dtype)
    return result


def _rounded(numerator: Samples, denominator: Samples | int) -> Samples:
    """Divide whole numbers, halves up."""
    quotient: Samples = (2 * numerator + denominator) // (2 * denominator)
    return quotient
