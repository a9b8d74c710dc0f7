"""The samples of a PNG file of one picture, at its own depth."""

from __future__ import annotations

import numpy as np
from PIL import Image

from srcli.images.codecs import opencv_codec, pillow_codec
from srcli.images.codecs.png import PngHeader
from srcli.images.picture.samples import Samples


def read_samples(data: bytes, image: Image.Image, header: PngHeader) -> Samples:
    """Decode to uint8 or uint16 (H, W, C), with alpha where a colour stands for transparency.

    Args:
        data: the file.
        image: the same file as Pillow opened it.
        header: what its chunks say.

    Raises:
        UnsupportedImage: two decoders do not agree about samples of 16 bits.

    """
    if header.depth > opencv_codec.DEEP:
        check = np.asarray(image)
        samples = opencv_codec.read_png(data, channels=header.channels, check=check)
    else:
        samples = pillow_codec.read_samples(image)
    return _with_color_key(samples, header.color_key) if header.color_key else samples


def _with_color_key(samples: Samples, key: tuple[int, ...]) -> Samples:
    """Samples with alpha where any pixel has the colour that stands for transparency."""
    opaque = (samples != key).any(axis=2, keepdims=True)
    if opaque.all():
        return samples
    alpha = opaque.astype(samples.dtype) * np.iinfo(samples.dtype).max
    return np.concatenate([samples, alpha], axis=2)
