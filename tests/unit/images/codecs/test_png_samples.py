"""The samples of PNG files at their own depth, and the colour that is transparent."""

import io

import numpy as np
import pytest
from PIL import Image

from srcli.images.codecs import png, png_samples
from srcli.images.picture.photo import Metadata


def read(data):
    header = png.read_header(data)
    image = Image.open(io.BytesIO(data))
    return png_samples.read_samples(data, image, header)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_color_that_is_transparent_becomes_alpha(dtype):
    peak = np.iinfo(dtype).max
    samples = np.random.default_rng(0).integers(0, peak, (8, 9, 3), dtype=dtype)
    samples[2, 3] = key = (1, 2, 3)
    stored = b"".join(level.to_bytes(2) for level in key)
    plain = png.encode(samples, Metadata())
    data = plain[:33] + png.make_chunk(b"tRNS", stored) + plain[33:]
    found = read(data)
    assert found.dtype == dtype
    assert np.array_equal(found[..., :3], samples)
    assert np.argwhere(found[..., 3] != peak).tolist() == [[2, 3]]
    assert found[2, 3, 3] == 0


def test_a_color_that_no_pixel_has_makes_no_alpha():
    samples = np.full((4, 5, 1), 9, np.uint8)
    plain = png.encode(samples, Metadata())
    data = plain[:33] + png.make_chunk(b"tRNS", (7).to_bytes(2)) + plain[33:]
    assert np.array_equal(read(data), samples)
