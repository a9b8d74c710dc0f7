"""Plan tiles as the authors of EDSR's successors did: overlapping quarters, never blended.

Source: ``forward_chop`` in the published code of CSNLN, PANet and SAN. The attention of these
networks sees one tile at a time, so their published numbers hold for these tiles alone.
"""

from __future__ import annotations

from itertools import product

from srcli.engine.tiling import Tile
from srcli.networks.spec import ChopRule
from srcli.pixels.region import Region


def plan_official_tiles(size: tuple[int, int], rule: ChopRule) -> tuple[Tile, ...]:
    """Cut a picture into quarters at least once, until the tiles are small enough.

    Args:
        size: (height, width) of the picture.
        rule: rule of the network.

    Returns:
        The tiles in the authors' order. A picture whose side is too short is one tile.

    """
    whole = Region.whole(size)
    return tuple(_quarters(whole, whole, rule))


def _quarters(context: Region, core: Region, rule: ChopRule) -> list[Tile]:
    """Cut ``context`` into quarters, and keep the part of each that lies in ``core``."""
    height, width = _side(context.height, rule), _side(context.width, rule)
    if height > context.height or width > context.width:
        return [Tile(core=core, context=context)]
    middle = context.top + context.height // 2, context.left + context.width // 2
    parts: list[Tile] = []
    for lower, right in product((False, True), repeat=2):
        part = Region(
            top=context.bottom - height if lower else context.top,
            bottom=context.bottom if lower else context.top + height,
            left=context.right - width if right else context.left,
            right=context.right if right else context.left + width,
        )
        kept = Region(
            top=max(core.top, middle[0]) if lower else core.top,
            bottom=core.bottom if lower else min(core.bottom, middle[0]),
            left=max(core.left, middle[1]) if right else core.left,
            right=core.right if right else min(core.right, middle[1]),
        )
        if kept.height <= 0 or kept.width <= 0:
            continue
        if height * width < rule.largest_area:
            parts.append(Tile(core=kept, context=part))
        else:
            parts.extend(_quarters(part, kept, rule))
    return parts


def _side(length: int, rule: ChopRule) -> int:
    """Return the side of a quarter: half the length, the overlap and the rule's extra."""
    side = length // 2 + rule.overlap
    if rule.multiple == 1:
        return side
    remainder = side % rule.multiple
    return side + (rule.multiple - remainder if rule.grows else remainder)
