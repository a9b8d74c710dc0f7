"""What a choice does to the result of a network, window by window."""

from __future__ import annotations

from torch import Tensor

from srcli.engine.blending import Take
from srcli.pipeline.choose import Choice
from srcli.pixels.guard import guard_range
from srcli.pixels.region import Region
from srcli.pixels.resize import MIRRORED, Borders, resize


def adjusted(
    take: Take,
    source: Tensor,
    size: tuple[int, int],
    choice: Choice,
    borders: Borders = MIRRORED,
) -> Take:
    """Return what weakens and guards windows of a result, and passes them on to ``take``.

    Args:
        take: gets RGB (1, 3, h, w), not clamped.
        source: RGB (1, 3, H, W) that was enlarged, levels or floating point.
        size: (height, width) of the whole result.
        choice: its strength and guard.
        borders: how the source goes on outside.

    """
    guarded = choice.guard and size[0] >= source.shape[2] and size[1] >= source.shape[3]
    if choice.strength == 1 and not guarded:
        return take

    def adjust(region: Region, window: Tensor) -> None:
        if choice.strength < 1:
            plain = resize(source, size, region=region, borders=borders).clamp_(0, 1)
            window = plain.add_(window - plain, alpha=choice.strength)
        if guarded:
            window = guard_range(window, source, size, region, borders)
        take(region, window)

    return adjust
