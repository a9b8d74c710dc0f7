"""A JPEG file that was written in bands decodes as one that was encoded at once."""

import io
from functools import partial

import numpy as np
import pytest
import simplejpeg
from PIL import Image

from srcli.images.codecs import jpeg_bands
from srcli.images.formats import JPEG
from srcli.images.metadata.jpeg_segments import walk
from srcli.images.picture.photo import Metadata
from srcli.images.still_encoders import ENCODERS


def samples_of(height, width, channels=3):
    rng = np.random.default_rng(height)
    coarse = rng.integers(0, 256, (-(-height // 4), -(-width // 4), channels), np.uint8)
    return coarse.repeat(4, 0).repeat(4, 1)[:height, :width]


def encoded(samples, quality):
    image = Image.fromarray(samples[..., 0] if samples.shape[2] == 1 else samples)
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality, subsampling="4:4:4")
    return file.getvalue()


def in_bands(samples, quality):
    file, encode = io.BytesIO(), partial(encoded, quality=quality)
    jpeg_bands.write(file, samples, encode, encode)
    return file.getvalue()


@pytest.mark.parametrize(
    ("height", "width", "channels"), [(513, 9, 3), (1100, 213, 3), (5000, 17, 1), (1024, 64, 3)]
)
@pytest.mark.parametrize("quality", [20, 95])
def test_pixels_are_those_of_a_file_that_was_encoded_at_once(height, width, channels, quality):
    samples = samples_of(height, width, channels)
    banded, whole = in_bands(samples, quality), encoded(samples, quality)
    assert any(segment.marker == 0xDD for segment in walk(banded))
    decoded = np.asarray(Image.open(io.BytesIO(banded)))
    assert np.array_equal(decoded, np.asarray(Image.open(io.BytesIO(whole))))
    strict = simplejpeg.decode_jpeg(banded, "GRAY" if channels == 1 else "RGB", strict=True)
    assert np.array_equal(strict.squeeze(), decoded)
    assert len(banded) < len(whole) * 1.02


def test_a_picture_of_one_band_is_encoded_at_once():
    samples = samples_of(jpeg_bands.band_rows(40), 40)
    assert in_bands(samples, 90) == encoded(samples, 90)


@pytest.mark.parametrize("width", [1, 8, 9, 8000, 8200, 65_500])
def test_a_restart_interval_is_as_long_as_the_format_allows(width):
    rows = jpeg_bands.band_rows(width)
    assert rows >= 8
    assert rows // 8 * -(-width // 8) <= 65_535


def test_metadata_stand_in_the_head_alone():
    metadata = Metadata(xmp=b"<x:xmpmeta/>" + b" " * 70_000, comment=b"banded", dpi=(300.0, 300.0))
    samples = samples_of(1200, 40)
    with Image.open(io.BytesIO(ENCODERS[JPEG](samples, metadata, 90))) as image:
        image.load()
        assert (image.size, image.info["comment"]) == ((40, 1200), b"banded")
        assert tuple(map(round, image.info["dpi"])) == (300, 300)
    plain = ENCODERS[JPEG](samples, Metadata(), 90)
    banded = ENCODERS[JPEG](samples, metadata, 90)
    assert banded.count(b"JFIF\0") == plain.count(b"JFIF\0") == 1
