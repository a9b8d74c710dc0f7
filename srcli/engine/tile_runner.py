"""Run a network over one grid, tile by tile."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from srcli.engine.device import Compute
from srcli.engine.ensemble import Run, ensembled
from srcli.engine.fetching import Fetched, Fetcher
from srcli.engine.joining import CropJoin, FeatherJoin, RegionSink
from srcli.engine.memory import is_out_of_memory, smaller_tile
from srcli.engine.network_input import NetworkInput
from srcli.engine.official import plan_official_tiles
from srcli.engine.padding import Padding, padding_widths
from srcli.engine.progress import Progress
from srcli.engine.tiling import Tile, halo_width, plan_tiles, tile_side
from srcli.errors import BadTile, OutOfMemory
from srcli.networks.blocks.convolution import NATIVE_SAMPLES, WideConvolutions
from srcli.networks.spec import NetworkTraits
from srcli.networks.statistics import SharedStatistics
from srcli.pixels.borders import extend_to
from srcli.pixels.checks import is_finite
from srcli.pixels.region import Region
from srcli.pixels.resize import Borders

Part = Callable[[Tile], Region]
"""Returns which part of a network's output for the context of a tile is wanted."""

logger = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class TileRunner:
    """Cuts grids into tiles, and runs a network over them.

    Attributes:
        compute: where and how precisely.
        tile: side of a tile in pixels of the network's input; less once it was too large.
        ensemble: average over the eight symmetries, of each tile but the authors' own.
        official_tiles: cut as the network's authors did.
        pad_border: show the network a mirrored border around the grid.
        borders: how grids go on above and below, and on the left and right.
        fetcher: brings results back from the device.

    """

    compute: Compute
    tile: int
    ensemble: bool
    official_tiles: bool
    pad_border: bool
    borders: Borders
    fetcher: Fetcher

    def run(self, shown: NetworkInput, sink: RegionSink, progress: Progress, done: int = 0) -> None:
        """Run a network over its input, tile by tile; the result is not clamped.

        Rows of the result that are ``done`` already are left out if the reach of the network is
        finite.
        """
        size, traits = shown.size, shown.traits
        scale = traits.output_scale
        rest = self._rest(shown, done)
        if rest:
            progress.advance(rest.top * size[1] * scale**2)
        join: CropJoin | FeatherJoin = CropJoin(scale=scale, sink=sink)
        if traits.receptive_radius is None and not self.official_tiles:
            join = FeatherJoin(size, scale=scale, sink=sink, edge=traits.edge)
        for tile, output, pending in self._outputs(shown, progress, join.part, within=rest):
            join.put(tile, output)
            join.finish_rows(min((rest.context.top for rest in pending), default=size[0]))

    def _outputs(
        self,
        shown: NetworkInput,
        progress: Progress,
        part: Part,
        statistics: SharedStatistics | None = None,
        within: Region | None = None,
    ) -> Iterator[tuple[Tile, Tensor, Sequence[Tile]]]:
        """Yield each tile, the wanted part of what a network makes of it, and the tiles left.

        The device has begun the next tiles by then. Where tiles share statistics, those of all
        tiles are gathered first.
        """
        size, traits = shown.size, shown.traits
        pending = self.plan(size, traits, within)
        begun: deque[tuple[Tile, Callable[[], Tensor]]] = deque()
        depth = 1 if statistics else self.fetcher.depth  # no tile counts twice in statistics
        while pending or begun:
            if statistics is None and traits.shares_statistics and len(pending) > 1:
                statistics = self._gather(shown, progress)
                pending = self.plan(size, traits)
            try:
                if pending and len(begun) < depth:
                    begun.append((pending[0], self._begin(pending[0], shown, part, statistics)))
                    pending = pending[1:]
                    continue
                tile, finish = begun[0]
                output = finish()
            except RuntimeError as error:
                if not is_out_of_memory(error):
                    raise
                pending = (*(tile for tile, _ in begun), *pending)
                begun.clear()
                pending = self._smaller_tiles(size, traits, pending, error)
                continue
            begun.popleft()
            yield tile, output, (*(other for other, _ in begun), *pending)
            progress.advance(tile.core.height * tile.core.width * traits.output_scale**2)

    def _rest(self, shown: NetworkInput, done: int) -> Region | None:
        """Return the part of a grid below the rows of the result that are done; None for all."""
        size, traits = shown.size, shown.traits
        if traits.receptive_radius is None or self.official_tiles:
            return None
        top = done // traits.output_scale
        top -= top % traits.step
        return Region(top=top, bottom=size[0], left=0, right=size[1])

    def _gather(self, shown: NetworkInput, progress: Progress) -> SharedStatistics:
        """Run a network over its input for its statistics alone."""
        statistics = SharedStatistics()
        for _ in self._outputs(shown, progress, lambda _: Region.whole((0, 0)), statistics):
            pass
        statistics.share()
        return statistics

    def plan(
        self, size: tuple[int, int], traits: NetworkTraits, within: Region | None = None
    ) -> tuple[Tile, ...]:
        """Return the tiles of a grid of ``size``, or of the part that is ``within``."""
        if self.official_tiles and traits.chop is not None:
            return plan_official_tiles(size, traits.chop)
        return plan_tiles(
            size,
            tile=tile_side(self.tile, traits),
            halo=halo_width(traits),
            multiple=traits.step,
            padding=self._padding_widths(traits),
            within=within,
        )

    def _padding_widths(self, traits: NetworkTraits) -> tuple[int, int]:
        return padding_widths(traits, halo_width(traits), self.borders, pad_border=self.pad_border)

    def _smaller_tiles(
        self,
        size: tuple[int, int],
        traits: NetworkTraits,
        pending: tuple[Tile, ...],
        error: RuntimeError,
    ) -> tuple[Tile, ...]:
        """Cut what is unfinished into smaller tiles, and use these from now on."""
        if self.official_tiles:
            msg = f"Not enough memory on {self.compute.device} for the authors' tiles."
            raise OutOfMemory(msg, hint="Leave out --official-tiles.") from error
        side = max(pending[0].core.height, pending[0].core.width)
        tile = smaller_tile(min(self.tile, int(side / traits.coarseness)))
        if tile is None:
            msg = f"Not enough memory on {self.compute.device}, even for the smallest tiles."
            raise OutOfMemory(msg, hint="Close other programs, or use --device cpu.") from error
        logger.warning("Memory ran out. Tiles are now %d pixels a side.", tile)
        self.tile = tile
        return tuple(
            part for whole in pending for part in self.plan(size, traits, within=whole.core)
        )

    def _begin(
        self, tile: Tile, shown: NetworkInput, part: Part, statistics: SharedStatistics | None
    ) -> Callable[[], Tensor]:
        """Start a tile on the device, and return what waits for the wanted part of its output.

        A tile that fails in reduced precision runs again in float32.
        """
        fetched = self._start(tile, shown, part, statistics, self.compute)

        def finish() -> Tensor:
            output, total = fetched()
            if not is_finite(total) and self.compute.dtype != torch.float32:
                exact = replace(self.compute, dtype=torch.float32)
                output, total = self._start(tile, shown, part, statistics, exact)()
            if not is_finite(total):
                msg = "The network produced values that are not numbers."
                raise BadTile(msg, hint="Check the weights with srcli models verify.")
            return output

        return finish

    def _start(
        self,
        tile: Tile,
        shown: NetworkInput,
        part: Part,
        statistics: SharedStatistics | None,
        compute: Compute,
    ) -> Fetched:
        """Run a network on one tile. The wanted part of its output and the sum are fetched."""
        traits, scale = shown.traits, shown.traits.output_scale
        widths = self._padding_widths(traits)
        padding = Padding.of(tile.context, shown.size, widths, self.borders)
        window = padding.pad(tile.context, shown.window)
        height, width = window.shape[2:]
        window = extend_to(window, multiple=traits.size_multiple, minimum=traits.minimum_size)
        run = self._suited(shown, window)
        if statistics:
            run = statistics.around(run, self._counted(tile, shown.size, padding, window))
        with compute.autocast():
            output = run(window.clone(memory_format=torch.channels_last)).float()
        known = padding.crop(output[..., : scale * height, : scale * width], scale)
        return self.fetcher.fetch(part(tile).of(known), output.sum())

    def _counted(
        self, tile: Tile, size: tuple[int, int], padding: Padding, window: Tensor
    ) -> Region:
        """Return the part of a window whose statistics count: the core, and all that pads it.

        The symmetries of an ensemble turn windows round, so that all of each counts.
        """
        height, width = window.shape[2:]
        if self.ensemble:
            return Region.whole((height, width))
        core, context = tile.core, tile.context
        inner = core.seen_from(context.top - padding.top, context.left - padding.left)
        return Region(
            top=inner.top if core.top else 0,
            bottom=inner.bottom if core.bottom < size[0] else height,
            left=inner.left if core.left else 0,
            right=inner.right if core.right < size[1] else width,
        )

    def _suited(self, shown: NetworkInput, window: Tensor) -> Run:
        """Return how a network is called with a window."""
        run = shown.run
        if shown.traits.receptive_radius is not None and window.device.type == "cpu":
            if window.numel() <= NATIVE_SAMPLES:
                run = _twice(run)
            if self.compute.dtype == torch.bfloat16:
                run = _wide(run)
        return ensembled(run) if self.ensemble and not self.official_tiles else run


def _wide(run: Run) -> Run:
    """Convolve what is narrow as PyTorch does what is wide, to the bit."""

    def run_wide(tile: Tensor) -> Tensor:
        with WideConvolutions():
            return run(tile)

    return run_wide


def _twice(run: Run) -> Run:
    """Run over two copies, which PyTorch convolves as it does a large tile, to the bit."""
    return lambda tile: run(torch.cat([tile, tile]))[:1]
