"""Join the outputs of tiles into one picture."""

from __future__ import annotations

import torch
from torch import Tensor

from srcli.engine.tiling import Tile
from srcli.pixels.region import Region


class Canvas:
    """A picture that tiles are put on.

    Args:
        size: (height, width) of the grid that was cut into tiles.
        scale: output samples per grid sample.
        feather: fade tiles into each other over their halos, for networks whose output
            depends on the tile; otherwise every sample comes from the one core it lies in.

    """

    def __init__(self, size: tuple[int, int], *, scale: int, feather: bool) -> None:
        self.scale = scale
        self.size = size
        height, width = scale * size[0], scale * size[1]
        blank = torch.zeros if feather else torch.empty
        self.picture = blank(1, 3, height, width)
        self.weight = blank(1, 1, height, width) if feather else None

    def put(self, tile: Tile, output: Tensor) -> None:
        """Add the network's ``output`` for the context of ``tile``."""
        context, core = tile.context, tile.core
        if self.weight is None:
            inner = Region(
                top=core.top - context.top,
                bottom=core.bottom - context.top,
                left=core.left - context.left,
                right=core.right - context.left,
            )
            self._scaled(core).of(self.picture)[...] = self._scaled(inner).of(output)
            return
        rows = self._ramp(context.top, context.bottom, core.top, core.bottom, self.size[0])
        columns = self._ramp(context.left, context.right, core.left, core.right, self.size[1])
        weight = rows[:, None] * columns
        self._scaled(context).of(self.picture).add_(output.cpu() * weight)
        self._scaled(context).of(self.weight).add_(weight)

    def finish(self) -> Tensor:
        """Return the picture (1, 3, H, W)."""
        return self.picture if self.weight is None else self.picture.div_(self.weight)

    def _scaled(self, region: Region) -> Region:
        s = self.scale
        return Region(
            top=s * region.top,
            bottom=s * region.bottom,
            left=s * region.left,
            right=s * region.right,
        )

    def _ramp(self, start: int, stop: int, first: int, last: int, length: int) -> Tensor:
        """Weights along one axis: rising over the halo at the start, falling at the end."""
        s = self.scale
        position = torch.arange(s * start, s * stop) + 0.5
        ones = torch.ones_like(position)
        rise = (position - s * start) / max(1, 2 * s * (first - start)) if start > 0 else ones
        fall = (s * stop - position) / max(1, 2 * s * (stop - last)) if stop < length else ones
        return torch.minimum(rise, fall).clamp(max=1)
