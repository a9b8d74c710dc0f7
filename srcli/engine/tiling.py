"""Where to cut: integers only."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise, product

from srcli.engine.recursion import NetworkKey
from srcli.networks.spec import NetworkTraits
from srcli.pixels.region import Region

FEATHER = 32
"""Halo of a network that sees the whole picture, in pixels of its input."""
SHARE_OF_TILE = 4
"""A network that names its tile, and no overlap, has a halo of a quarter of that tile. Two tiles
beside each other then overlap by half a tile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """A window of the grid and the larger one that is shown to the network for it.

    The cores of a plan cover the grid exactly once. ``context`` is the core and a halo around
    it, cut at the border of the grid.
    """

    core: Region
    context: Region


@dataclass(frozen=True, slots=True, kw_only=True)
class TiledTraits:
    """A network as a plan sees it: its traits, and how it cuts grids.

    Attributes:
        key: of the network in a plan.
        traits: of the network.
        tile: side of its tiles.
        panel: most columns of the network's own grid at once, if it runs row by row; else None.

    """

    key: NetworkKey
    traits: NetworkTraits
    tile: int
    panel: int | None = None

    def count(self, size: tuple[int, int], ratio: float) -> int:
        """Return how many tiles, or panels, a grid of ``size`` is cut into at one ratio."""
        height, width = size
        traits = self.traits.at(ratio)
        if self.panel is not None:
            return _count(width, self.panel * traits.size_multiple, traits.size_multiple)
        side = tile_side(self.tile, traits)
        return _count(height, side, traits.step) * _count(width, side, traits.step)


def _count(length: int, longest: int, multiple: int) -> int:
    return len(_spans(0, length, longest, multiple, 0))


def tile_side(tile: int, traits: NetworkTraits) -> int:
    """Return the side of a tile at the ratio of ``traits``, given that at the lowest ratios.

    Where a network works on a coarser grid, a tile of as much memory is as much larger. Where
    it takes nothing larger than a certain size, the tile fits into that with its halos.
    """
    side = int(tile * traits.coarseness)
    return side if traits.maximum_size is None else min(side, _inner(traits, traits.maximum_size))


def halo_width(traits: NetworkTraits) -> int:
    """Return how much of its surroundings a tile is shown with on each side."""
    if traits.receptive_radius is not None:
        return traits.receptive_radius
    if traits.overlap is not None:
        return traits.overlap
    return traits.tile // SHARE_OF_TILE if traits.tile else FEATHER


def _inner(traits: NetworkTraits, side: int) -> int:
    """Return how long a core is whose context is ``side`` long, on whole steps."""
    step = traits.step
    return max(step, (side // step - 2 * math.ceil(halo_width(traits) / step)) * step)


def plan_tiles(  # noqa: PLR0913 - lengths, all but one by name
    size: tuple[int, int],
    *,
    tile: int,
    halo: int,
    rows: int | None = None,
    multiple: int = 1,
    padding: tuple[int, int] = (0, 0),
    within: Region | None = None,
) -> tuple[Tile, ...]:
    """Cut a grid into tiles of nearly equal size, row by row.

    Args:
        size: (height, width) of the grid.
        tile: largest side of a core.
        rows: largest height of a core; that of ``tile`` by default.
        halo: context wanted on each side; rounded up to ``multiple``.
        multiple: every context starts on a multiple of this, counted from where the padding does.
        padding: rows above the grid and columns on its left that are shown with it.
        within: the part of the grid that the cores cover, starting on a multiple; all of it by
            default. Contexts may reach outside it.

    Returns:
        The tiles; a single one if the grid fits into ``tile``.

    """
    halo = math.ceil(halo / multiple) * multiple
    within = within or Region.whole(size)
    above, before = padding
    spans = _spans(within.top, within.bottom, rows or tile, multiple, above)
    columns = _spans(within.left, within.right, tile, multiple, before)
    return tuple(
        Tile(
            core=Region(top=top, bottom=bottom, left=left, right=right),
            context=Region(
                top=max(0, top - halo),
                bottom=min(size[0], bottom + halo),
                left=max(0, left - halo),
                right=min(size[1], right + halo),
            ),
        )
        for (top, bottom), (left, right) in product(spans, columns)
    )


def _spans(start: int, stop: int, tile: int, multiple: int, padding: int) -> list[tuple[int, int]]:
    """Cut one axis where it is a multiple, counted from ``padding`` before its beginning."""
    count = math.ceil((stop - start) / tile)
    step = math.ceil(math.ceil((stop - start) / count) / multiple) * multiple
    first = start - (start + padding) % multiple
    return list(pairwise([start, *range(first + step, stop, step), stop]))
