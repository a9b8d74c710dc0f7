"""How hard a JPEG file was compressed."""

from __future__ import annotations

from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile

_STANDARD_SUM = 3688
"""Of the luminance table that the JPEG standard gives as an example, which is quality 50."""


def quality_of(image: Image.Image) -> int | None:
    """Return about which quality, 1 to 100, a picture was last compressed at; None if not JPEG.

    It is that of libjpeg whose luminance table has the same sum as the file's: from 20 to 99 what
    libjpeg was told, below that too large, and a comparison for encoders with tables of their own.
    """
    if not isinstance(image, JpegImageFile) or 0 not in image.quantization:
        return None
    percent = 100 * sum(image.quantization[0]) / _STANDARD_SUM
    quality = 100 - percent / 2 if percent <= 100 else 5000 / percent  # noqa: PLR2004 - libjpeg's rule
    return min(max(round(quality), 1), 100)
