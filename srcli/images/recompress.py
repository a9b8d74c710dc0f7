"""What JPEG does to a picture, without a file."""

from __future__ import annotations

import io

import numpy as np
import torch
from PIL import Image
from torch import Tensor


def jpeg_round_trip(image: Tensor, *, quality: int, subsample: bool) -> Tensor:
    """Encode and decode as JPEG.

    Args:
        image: RGB uint8 (3, H, W).
        quality: 1 to 100.
        subsample: halve the colour in both directions (4:2:0), as most cameras do.

    Returns:
        RGB uint8 (3, H, W).

    """
    picture = Image.fromarray(image.permute(1, 2, 0).contiguous().numpy())
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=quality, subsampling="4:2:0" if subsample else "4:4:4")
    with Image.open(file) as decoded:
        return torch.from_numpy(np.array(decoded)).permute(2, 0, 1)
