"""Deep pictures keep every bit, and two decoders have to agree."""

import io

import numpy as np
import pytest
import tifffile
from PIL import Image

from srcli.images.codecs import opencv_codec, png, tiff
from srcli.images.decode_errors import UnsupportedImage
from srcli.images.picture.photo import Metadata

RANDOM = np.random.default_rng(0)


def deep(channels):
    return RANDOM.integers(0, 65_536, (17, 23, channels), dtype=np.uint16)


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_png_of_sixteen_bits_is_read_to_the_bit(channels):
    wanted = deep(channels)
    data = png.encode(wanted, Metadata())
    check = np.asarray(Image.open(io.BytesIO(data)))
    assert np.array_equal(opencv_codec.read_png(data, channels=channels, check=check), wanted)


def test_decoders_that_do_not_agree_are_not_believed():
    wanted = deep(3)
    check = (wanted >> 8).astype(np.uint8)
    check[3, 4, 1] ^= 0x80
    with pytest.raises(UnsupportedImage, match="two decoders do not agree"):
        opencv_codec.read_png(png.encode(wanted, Metadata()), channels=3, check=check)


def read(data):
    return opencv_codec.read_tiff(data, tiff.read_layout(tiff.read_directory(data)))


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_tiff_of_sixteen_bits_and_of_floats_is_read_to_the_bit(channels):
    for wanted in (deep(channels), RANDOM.random((17, 23, channels)).astype(np.float32)):
        assert np.array_equal(read(tiff.encode(wanted, Metadata())), wanted)


@pytest.mark.parametrize(
    ("dtype", "photometric", "words"),
    [(np.uint32, "rgb", "samples of 32 bits"), (np.uint16, "cielab", "colour space")],
)
def test_what_opencv_would_misread_is_refused(dtype, photometric, words):
    file = io.BytesIO()
    tifffile.imwrite(file, deep(3).astype(dtype), photometric=photometric)
    with pytest.raises(UnsupportedImage, match=words):
        read(file.getvalue())
