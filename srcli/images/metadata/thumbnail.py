"""The small JPEG picture inside an EXIF block."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from srcli.images.picture.samples import turn_upright

_LARGEST = 1 << 20
"""The most pixels of a thumbnail."""
_QUALITY = 90


def turned(jpeg: bytes, orientation: int) -> bytes | None:
    """Turn a thumbnail upright; None if it cannot be decoded."""
    try:
        with Image.open(io.BytesIO(jpeg), formats=("JPEG",)) as image:
            if image.width * image.height > _LARGEST:
                return None
            samples = np.asarray(image.convert("RGB"))
    except (OSError, SyntaxError, ValueError):
        return None
    upright = np.ascontiguousarray(turn_upright(samples, orientation))
    file = io.BytesIO()
    Image.fromarray(upright).save(file, "JPEG", quality=_QUALITY)
    return file.getvalue()
