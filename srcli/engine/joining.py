"""Join the outputs of tiles into one image, window by window."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

from srcli.engine.tiling import Tile
from srcli.files.row_file import RowFile
from srcli.pixels.region import Region

RegionSink = Callable[[Region, Tensor], None]
"""Receives the finished windows of an image: the place of each, and RGB (1, 3, h, w) in host
memory. It must not write to them. They come in no particular order, and cover the image once."""


class WholeImage:
    """Holds a whole image.

    Attributes:
        picture: float32 RGB (1, 3, height, width) in host memory.
        done: rows that are there already, counted from the top.

    """

    def __init__(self, size: tuple[int, int]) -> None:
        self.picture = torch.empty(1, 3, *size)
        self.done = 0

    def put(self, region: Region, window: Tensor) -> None:
        """Copy a window to its place."""
        region.of(self.picture).copy_(window)

    def put_clamped(self, region: Region, window: Tensor) -> None:
        """Copy a window to its place, clamped to [0, 1]."""
        torch.clamp(window, 0, 1, out=region.of(self.picture))

    def put_away(self) -> None:
        """Do nothing: the image stays in memory."""


class StoredImage(WholeImage):
    """Holds a whole image in a file, where a later run finds the rows that are finished.

    Args:
        size: (height, width) of the image.
        rows: the file, with as many rows of ``bytes_of_row(width)`` bytes.

    """

    def __init__(self, size: tuple[int, int], rows: RowFile) -> None:
        height, width = size
        samples = torch.frombuffer(rows.memory, dtype=torch.float32)
        self.picture = samples.view(height, 3, width).transpose(0, 1)[None]
        self.done = rows.done
        self._rows = rows

    def put_clamped(self, region: Region, window: Tensor) -> None:
        """Copy a window to its place, clamped to [0, 1]; rows end with the rightmost window."""
        place = region.of(self.picture)
        place.copy_(window.clamp(0, 1))
        if region.right == self.picture.shape[3]:
            self._rows.finish(region.bottom)

    def put_away(self) -> None:
        """Let the system take the memory back until the image is read again."""
        self._rows.drop()

    @staticmethod
    def bytes_of_row(width: int) -> int:
        """Return the bytes of three float32 samples a pixel."""
        return 3 * 4 * width


class CropJoin:
    """Joins tiles by their cores, for networks whose output does not depend on the tile.

    Args:
        scale: output samples for each sample of the grid that was cut into tiles.
        sink: receives each core as soon as it is made.

    """

    def __init__(self, *, scale: int, sink: RegionSink) -> None:
        self.scale = scale
        self._sink = sink

    def part(self, tile: Tile) -> Region:
        """Return which part of the network's output for the context of ``tile`` is joined."""
        return tile.core.seen_from(tile.context.top, tile.context.left).scaled(self.scale)

    def put(self, tile: Tile, output: Tensor) -> None:
        """Pass on the core of ``tile``, in host memory."""
        self._sink(tile.core.scaled(self.scale), output)

    def finish_rows(self, rows: int) -> None:
        """Do nothing: no row is held back."""


class FeatherJoin:
    """Joins tiles by fading their halos into each other, for outputs that depend on the tile.

    It holds the rows that tiles may still be added to, and passes on finished rows.

    Args:
        size: (height, width) of the grid that was cut into tiles.
        scale: output samples for each sample of that grid.
        sink: receives each finished strip.
        edge: how much of each halo, in samples of the grid, has no weight at all.

    """

    def __init__(
        self, size: tuple[int, int], *, scale: int, sink: RegionSink, edge: int = 0
    ) -> None:
        self.size = size
        self.scale = scale
        self.edge = edge
        self._sink = sink
        self._top = 0
        self._sum = torch.zeros(1, 3, 0, scale * size[1])
        self._weight = torch.zeros(1, 1, 0, scale * size[1])

    def part(self, tile: Tile) -> Region:
        """Return which part of the network's output for the context of ``tile`` is joined: all."""
        return tile.context.seen_from(tile.context.top, tile.context.left).scaled(self.scale)

    def put(self, tile: Tile, output: Tensor) -> None:
        """Add the network's ``output`` for the context of ``tile``, in host memory."""
        context, core = tile.context, tile.core
        self._hold(context.bottom)
        rows = self._ramp(context.top, context.bottom, core.top, core.bottom, self.size[0])
        columns = self._ramp(context.left, context.right, core.left, core.right, self.size[1])
        weight = rows[:, None] * columns
        place = context.seen_from(self._top).scaled(self.scale)
        place.of(self._sum).add_(output * weight)
        place.of(self._weight).add_(weight)

    def finish_rows(self, rows: int) -> None:
        """Pass on the grid's first ``rows`` rows; no tile may be added to them afterwards."""
        count = self.scale * (rows - self._top)
        if count <= 0:
            return
        strip = Region(top=self._top, bottom=rows, left=0, right=self.size[1])
        total, weight = self._sum, self._weight
        self._sink(strip.scaled(self.scale), total[:, :, :count] / weight[:, :, :count])
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
        """Return the weights along one axis: they rise over the first halo, and fall over the last.

        The context is ``start .. stop`` and the core ``first .. last``. A side on the border of
        the grid, whose length is ``length``, has weight 1.
        """
        s = self.scale
        position = torch.arange(s * start, s * stop) + 0.5
        ones = torch.ones_like(position)
        begin, end = s * (start + self.edge), s * (stop - self.edge)
        rise = (position - begin) / max(1, 2 * (s * first - begin)) if start > 0 else ones
        fall = (end - position) / max(1, 2 * (end - s * last)) if stop < length else ones
        return torch.minimum(rise, fall).clamp(0, 1)
