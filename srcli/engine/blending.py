"""Join the outputs of tiles into one picture, window by window."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

from srcli.engine.tiling import Tile
from srcli.pixels.region import Region

Take = Callable[[Region, Tensor], None]
"""Takes a finished window of a picture: its place, and RGB (1, 3, h, w) in host memory, not to
be written to. Windows come in no particular order, and cover the picture once."""


class Whole:
    """A picture that is held: float32 RGB (1, 3, height, width), in host memory."""

    def __init__(self, size: tuple[int, int]) -> None:
        self.picture = torch.empty(1, 3, *size)

    def take(self, region: Region, window: Tensor) -> None:
        """Put a window in its place as it is."""
        region.of(self.picture).copy_(window)

    def take_clamped(self, region: Region, window: Tensor) -> None:
        """Put a window in its place, clamped to [0, 1]."""
        torch.clamp(window, 0, 1, out=region.of(self.picture))


class Mosaic:
    """For networks whose output does not depend on the tile: every sample comes from one core.

    Args:
        scale: output samples per sample of the grid that was cut into tiles.
        take: gets each core as it comes.

    """

    def __init__(self, *, scale: int, take: Take) -> None:
        self.scale = scale
        self._take = take

    def put(self, tile: Tile, output: Tensor) -> None:
        """Pass on what the network's ``output`` for the context of ``tile`` has in its core."""
        context, core = tile.context, tile.core
        inner = core.seen_from(context.top, context.left)
        self._take(core.scaled(self.scale), inner.scaled(self.scale).of(output).cpu())

    def finish(self, rows: int) -> None:
        """Nothing is held back."""


class Blend:
    """For networks whose output depends on the tile: halos fade into each other.

    Holds the rows that tiles may still be put on, and passes on those that are finished.

    Args:
        size: (height, width) of the grid that was cut into tiles.
        scale: output samples per grid sample.
        take: gets each finished strip.

    """

    def __init__(self, size: tuple[int, int], *, scale: int, take: Take) -> None:
        self.size = size
        self.scale = scale
        self._take = take
        self._top = 0
        self._sum = torch.zeros(1, 3, 0, scale * size[1])
        self._weight = torch.zeros(1, 1, 0, scale * size[1])

    def put(self, tile: Tile, output: Tensor) -> None:
        """Add the network's ``output`` for the context of ``tile``."""
        context, core = tile.context, tile.core
        self._hold(context.bottom)
        rows = self._ramp(context.top, context.bottom, core.top, core.bottom, self.size[0])
        columns = self._ramp(context.left, context.right, core.left, core.right, self.size[1])
        weight = rows[:, None] * columns
        place = context.seen_from(self._top).scaled(self.scale)
        place.of(self._sum).add_(output.cpu() * weight)
        place.of(self._weight).add_(weight)

    def finish(self, rows: int) -> None:
        """Pass on the grid's first ``rows`` rows, on which no tile will be put any more."""
        count = self.scale * (rows - self._top)
        if count <= 0:
            return
        strip = Region(top=self._top, bottom=rows, left=0, right=self.size[1])
        total, weight = self._sum, self._weight
        self._take(strip.scaled(self.scale), total[:, :, :count] / weight[:, :, :count])
        self._sum, self._weight = total[:, :, count:].clone(), weight[:, :, count:].clone()
        self._top = rows

    def _hold(self, bottom: int) -> None:
        """Make room for the grid's rows above ``bottom``."""
        missing = self.scale * (bottom - self._top) - self._sum.shape[2]
        if missing > 0:
            padding = (0, 0, 0, missing)
            self._sum = functional.pad(self._sum, padding)
            self._weight = functional.pad(self._weight, padding)

    def _ramp(self, start: int, stop: int, first: int, last: int, length: int) -> Tensor:
        """Weights along one axis: rising over the halo at the start, falling at the end."""
        s = self.scale
        position = torch.arange(s * start, s * stop) + 0.5
        ones = torch.ones_like(position)
        rise = (position - s * start) / max(1, 2 * s * (first - start)) if start > 0 else ones
        fall = (s * stop - position) / max(1, 2 * s * (stop - last)) if stop < length else ones
        return torch.minimum(rise, fall).clamp(max=1)
