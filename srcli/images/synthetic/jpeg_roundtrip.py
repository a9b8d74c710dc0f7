"""What lossy compression does to a picture, without a file."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from srcli.images.codecs.jpeg import Encoder, quality_of_table, tables_of

Codec = Literal["JPEG", "WEBP", "AVIF"]
"""Pillow's names of the lossy formats."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Coding:
    """How a picture is compressed.

    Attributes:
        codec: the format.
        quality: 1 to 100, as the codec counts it.
        subsample: halve the colour in both directions (4:2:0); WebP always does.
        encoder: whose quantisation tables a JPEG file has.

    """

    codec: Codec = "JPEG"
    quality: int
    subsample: bool = True
    encoder: Encoder = "libjpeg"

    @property
    def strength(self) -> float:
        """How much is lost: 100 less the quality, which is that of libjpeg for JPEG."""
        tables = tables_of(self.encoder, self.quality) if self.codec == "JPEG" else None
        quality = float(self.quality) if tables is None else quality_of_table(tables[0])
        return 100 - quality

    def settings(self) -> dict[str, Any]:
        """Return what Pillow is told."""
        if self.codec == "WEBP":
            return {"quality": self.quality, "method": 1}
        sampling = "4:2:0" if self.subsample else "4:4:4"
        if self.codec == "AVIF":
            return {"quality": self.quality, "subsampling": sampling, "speed": 10, "max_threads": 1}
        tables = tables_of(self.encoder, self.quality)
        if tables is None:
            return {"quality": self.quality, "subsampling": sampling}
        return {"qtables": [list(table) for table in tables], "subsampling": sampling}


def recompress(samples: NDArray[np.uint8], coding: Coding) -> NDArray[np.uint8]:
    """Encode and decode RGB uint8 samples (H, W, 3)."""
    file = io.BytesIO()
    Image.fromarray(samples).save(file, coding.codec, **coding.settings())
    with Image.open(file) as decoded:
        return np.array(decoded)


def jpeg_round_trip(image: Tensor, *, quality: int, subsample: bool) -> Tensor:
    """Encode and decode as JPEG.

    Args:
        image: RGB uint8 (3, H, W).
        quality: 1 to 100.
        subsample: halve the colour in both directions (4:2:0), as most cameras do.

    Returns:
        RGB uint8 (3, H, W).

    """
    samples = image.permute(1, 2, 0).contiguous().numpy()
    decoded = recompress(samples, Coding(quality=quality, subsample=subsample))
    return torch.from_numpy(decoded).permute(2, 0, 1)
