"""How hard a JPEG file was compressed, and the tables that say so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Literal

from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile
from PIL.JpegPresets import presets

Encoder = Literal["libjpeg", "mozjpeg", "flat", "photoshop"]
"""Whose tables: libjpeg's, mozjpeg's (Robidoux), one step for all, or the presets of Photoshop."""
Table = tuple[int, ...]
"""The 64 steps of a quantiser, row by row."""

_STANDARD_SUM = 3688
"""Of the luminance table that the JPEG standard gives as an example, which is quality 50."""
_HALF = 50
_LARGEST_STEP = 255
_ROBIDOUX: Table = (
    *(16, 16, 16, 18, 25, 37, 56, 85),
    *(16, 17, 20, 27, 34, 40, 53, 75),
    *(16, 20, 24, 31, 43, 62, 91, 135),
    *(18, 27, 31, 40, 53, 74, 106, 156),
    *(25, 34, 43, 53, 69, 94, 131, 189),
    *(37, 40, 62, 74, 94, 124, 169, 238),
    *(56, 53, 91, 106, 131, 169, 226, 311),
    *(85, 75, 135, 156, 189, 238, 311, 418),
)
_FLAT: Table = (16,) * 64
_BASES: Mapping[str, Table] = {"mozjpeg": _ROBIDOUX, "flat": _FLAT}


def quality_of(image: Image.Image) -> int | None:
    """Return about which quality, 1 to 100, a picture was last compressed at; None if not JPEG.

    It is that of libjpeg whose luminance table has the same sum as the file's: from 20 to 99 what
    libjpeg was told, below that too large, and a comparison for encoders with tables of their own.
    """
    if not isinstance(image, JpegImageFile) or 0 not in image.quantization:
        return None
    return min(max(round(quality_of_table(image.quantization[0])), 1), 100)


def quality_of_table(luminance: Sequence[int]) -> float:
    """Return the quality at which libjpeg's luminance table has the same sum."""
    percent = 100 * sum(luminance) / _STANDARD_SUM
    return 100 - percent / 2 if percent <= 100 else 5000 / percent  # noqa: PLR2004 - libjpeg's rule


@lru_cache(maxsize=512)
def tables_of(encoder: Encoder, quality: int) -> tuple[Table, ...] | None:
    """Return the tables for luminance and colour of an encoder; None for libjpeg's own.

    Args:
        encoder: whose tables.
        quality: 1 to 100, as libjpeg scales tables. Of Photoshop's presets the one that is
            nearest by :func:`quality_of_table` is taken.

    """
    if encoder == "libjpeg":
        return None
    if encoder == "photoshop":
        known = [_tables(preset["quantization"]) for preset in presets.values()]
        return min(known, key=lambda tables: abs(quality_of_table(tables[0]) - quality))
    percent = 5000 / quality if quality < _HALF else 200 - 2 * quality
    scaled = ((step * percent + _HALF) // 100 for step in _BASES[encoder])
    table = tuple(min(max(int(step), 1), _LARGEST_STEP) for step in scaled)
    return table, table


def _tables(preset: Any) -> tuple[Table, ...]:  # noqa: ANN401 - Pillow gives no type
    return tuple(tuple(table) for table in preset)
