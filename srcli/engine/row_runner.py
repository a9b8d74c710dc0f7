"""Run a network of finite reach from the top of a grid to the bottom, with no halo."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import cycle

import torch
from torch import Tensor

from srcli.engine.device import Compute
from srcli.engine.host import give_memory_back, host_memory
from srcli.engine.joining import RegionSink
from srcli.engine.memory import is_out_of_memory
from srcli.engine.network_input import NetworkInput
from srcli.engine.padding import Padding, padding_widths
from srcli.engine.progress import Progress
from srcli.engine.side_by_side import side_by_side
from srcli.engine.tiling import Tile, halo_width, plan_tiles
from srcli.errors import BadTile, OutOfMemory
from srcli.networks.blocks.residual import ResidualLayers
from srcli.networks.blocks.row_stream import RowStream, Scratch
from srcli.networks.spec import NetworkTraits
from srcli.pixels.borders import extend_to
from srcli.pixels.checks import is_finite
from srcli.pixels.region import Region
from srcli.pixels.resize import Borders

PANEL = 4096
"""Most columns of a network's grid that run at once. Wider pictures are cut into panels."""
FITTED_PANEL = 512
"""Panels that are narrower take much longer, and hardly less memory."""
SMALLEST_PANEL = 64
SMALLEST_BAND = 4
EVEN = 16
"""Columns of a network's grid whose multiples panels are wide, where they have neighbours: on
processors with AMX, convolutions of other widths take up to 1.7 times as long in bfloat16."""
HALO_SHARE = 1 / 6
"""How much larger halos make the work at most where panels run at once."""
MEMORY_SHARE = 5
"""Free memory is at least so many times what ``planned_bytes`` says. Resizing and temporary copies
take some, too: 2.2 to 4.6 times as much was measured in all (``benchmarks/row_memory.py``)."""
BAND_BYTES = 4 * 2**20
"""Bytes of what one layer makes in one step. Two of these stay in the cache of most processors."""

logger = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class RowRunner:
    """Runs the layers of networks over grids, a band of rows at a time.

    On several threads, a wide grid is cut into panels that run at once.

    Attributes:
        compute: the processor, and how precisely.
        pad_border: show the network a mirrored border around the grid.
        borders: how grids go on above and below, and on the left and right.
        panel: most columns of a network's grid at once; less once memory was too small.
        band: bytes of what one layer makes in one step; less once memory was too small.

    """

    compute: Compute
    pad_border: bool
    borders: Borders
    panel: int = PANEL
    band: int = BAND_BYTES

    def run(
        self,
        shown: NetworkInput,
        layers_of: Callable[[], ResidualLayers],
        sink: RegionSink,
        progress: Progress,
        done: int = 0,
    ) -> None:
        """Run the layers over a network's input, from top to bottom; the result is not clamped.

        The rows that are ``done`` already are left out, but for less than the grid is coarse.
        """
        with self.compute.autocast():
            layers = layers_of()
        height, width = shown.size
        done -= done % shown.traits.size_multiple
        progress.advance(done * width)
        give_memory_back()
        self._fit(width, layers)
        bands: Iterator[list[tuple[Region, Tensor]]] | None = None
        while done < height:
            if bands is None:
                give_memory_back()
                bands = self._bands(shown, layers, done)
            try:
                windows = next(bands)
            except RuntimeError as error:
                if not is_out_of_memory(error):
                    raise
                self._use_less(error)
                bands = None  # with the error, it gives back its memory before the next try
                continue
            for region, window in windows:
                sink(region, window)
                progress.advance(region.height * region.width)
                done = region.bottom

    def _plan(
        self, size: tuple[int, int], panel: int, traits: NetworkTraits, done: int
    ) -> tuple[Tile, ...]:
        """Return the panels of a grid of ``size``, below the rows that are ``done``."""
        height, width = size
        return plan_tiles(
            size,
            tile=panel * traits.size_multiple,
            rows=height,
            halo=halo_width(traits),
            multiple=traits.size_multiple,
            padding=self._padding_widths(traits),
            within=Region(top=done, bottom=height, left=0, right=width),
        )

    def _padding_widths(self, traits: NetworkTraits) -> tuple[int, int]:
        return padding_widths(traits, halo_width(traits), self.borders, pad_border=self.pad_border)

    def _fit(self, width: int, layers: ResidualLayers) -> None:
        """Take lower bands and narrower panels where little memory is free.

        All columns keep the rows that they wait with. Two layers' input and output stand in
        memory for as many panels as run at once.
        """
        columns = math.ceil(width / layers.unshuffle)
        while True:
            panel, _ = self._panels(columns, layers)
            rows = self._rows(panel, layers)
            if MEMORY_SHARE * self.planned_bytes(width, layers) <= host_memory():
                return
            if rows > SMALLEST_BAND:
                self.band //= 2
            elif panel > FITTED_PANEL:
                self.panel = panel // 2
            else:
                return

    def _panels(self, columns: int, layers: ResidualLayers) -> tuple[int, int]:
        """Return the width of panels, and how many run at once."""
        threads, halos = torch.get_num_threads(), 2 * _reach(layers)
        most = 1 + int(columns * HALO_SHARE / halos)
        at_once = max(n for n in range(1, threads + 1) if threads % n == 0 and n <= most)
        rounds = math.ceil(columns / (at_once * self.panel))
        return math.ceil(columns / (at_once * rounds)), at_once

    def planned_bytes(self, width: int, layers: ResidualLayers) -> int:
        """Return the bytes of the rows that layers keep and make for a grid of ``width``."""
        columns = math.ceil(width / layers.unshuffle)
        waiting = _reach(layers)
        panel, at_once = self._panels(columns, layers)
        rows = self._rows(panel, layers)
        samples = columns * (3 * waiting + rows) + 4 * at_once * panel * (waiting + rows)
        return samples * self._bytes_of_column(layers)

    def _rows(self, columns: int, layers: ResidualLayers) -> int:
        """Return how many rows of a panel run at once."""
        return max(SMALLEST_BAND, self.band // (columns * self._bytes_of_column(layers)))

    def _bytes_of_column(self, layers: ResidualLayers) -> int:
        """Return the bytes of all channels of one sample of the network's grid."""
        return len(layers.head[0][0]) * self.compute.dtype.itemsize

    def _use_less(self, error: RuntimeError) -> None:
        """Take narrower panels and lower bands from now on."""
        if self.panel // 2 < SMALLEST_PANEL:
            msg = "Not enough memory, even for the narrowest panels of the picture."
            raise OutOfMemory(msg, hint="Close other programs.") from error
        self.panel //= 2
        self.band //= 2
        logger.warning("Memory ran out. Panels are now %d columns wide.", self.panel)

    def _bands(
        self, shown: NetworkInput, layers: ResidualLayers, done: int
    ) -> Iterator[list[tuple[Region, Tensor]]]:
        """Yield the windows of each finished band below the rows that are ``done``."""
        columns = math.ceil(shown.size[1] / layers.unshuffle)
        width, at_once = self._panels(columns, layers)
        scratches = [(Scratch(), Scratch()) for _ in range(at_once)]
        widths = self._padding_widths(shown.traits)
        tiles = [
            _evened(tile, shown.size[1], widths[1], layers.unshuffle)
            for tile in self._plan(shown.size, width, shown.traits, done)
        ]
        panels = [
            _Panel(
                tile,
                Padding.of(tile.context, shown.size, widths, self.borders),
                partial(RowStream, layers, dtype=self.compute.dtype, scratches=shared),
                layers.unshuffle,
            )
            for tile, shared in zip(tiles, cycle(scratches), strict=False)
        ]
        rows = self._rows(max(panel.columns for panel in panels), layers)
        height = panels[0].height
        rounds = [panels[first : first + at_once] for first in range(0, len(panels), at_once)]
        with side_by_side(at_once) as for_each:
            for start in range(0, height, rows * layers.unshuffle):
                stop = min(height, start + rows * layers.unshuffle)
                advance = partial(_Panel.advance, source=shown.window, start=start, stop=stop)
                windows = [window for some in rounds for window in for_each(advance, some)]
                yield [window for window in windows if window[0].height > 0]


def _reach(layers: ResidualLayers) -> int:
    """Return how many rows and columns on each side reach a sample: one by each convolution."""
    return 2 * len(layers.blocks) + 2


def _evened(tile: Tile, width: int, padding: int, unshuffle: int) -> Tile:
    """Show a panel more columns beside it, so that it is a multiple of ``EVEN`` wide."""
    context = tile.context
    shown = context.width + padding * ((context.left == 0) + (context.right == width))
    more = -math.ceil(shown / unshuffle) % EVEN * unshuffle
    if context.right + more < width:
        context = replace(context, right=context.right + more)
    elif context.left - more > 0:
        context = replace(context, left=context.left - more)
    return replace(tile, context=context)


class _Panel:
    """Some columns of a grid on their way through the layers of a network.

    ``height`` is that of the panel with its padding, and ``columns`` its width on the network's
    grid.
    """

    def __init__(
        self,
        tile: Tile,
        padding: Padding,
        start_stream: Callable[[int], RowStream],
        unshuffle: int,
    ) -> None:
        context = tile.context
        width = padding.left + context.width + padding.right
        self.height = padding.top + context.height + padding.bottom
        self.columns = math.ceil(width / unshuffle)
        self._tile, self._padding, self._unshuffle = tile, padding, unshuffle
        self._stream = start_stream(self.columns)
        self._made = context.top - padding.top

    def advance(
        self, source: Callable[[Region], Tensor], start: int, stop: int
    ) -> tuple[Region, Tensor]:
        """Take rows of the padded panel, and return the part of the core that they make known.

        Args:
            source: returns any window of the grid.
            start: first of the rows.
            stop: row after the last one.

        """
        core, context, padding = self._tile.core, self._tile.context, self._padding
        rows = padding.pad_rows(context, source, start, stop)
        rows = extend_to(rows, multiple=self._unshuffle)
        output = self._stream.push(rows, last=stop == self.height)
        if not is_finite(output):
            msg = "The network produced values that are not numbers."
            raise BadTile(msg, hint="Check the weights with srcli models verify.")
        top, left = self._made, context.left - padding.left
        self._made += output.shape[2]
        first = max(top, core.top)
        last = max(first, min(self._made, core.bottom))
        known = Region(top=first, bottom=last, left=core.left, right=core.right)
        return known, known.seen_from(top, left).of(output)
