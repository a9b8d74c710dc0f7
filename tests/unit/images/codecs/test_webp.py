import io

import numpy as np
import pytest
from PIL import Image

from srcli.images.codecs.webp import is_lossless, quality_of
from srcli.images.decode import decode_picture
from srcli.images.encode import encode_picture
from srcli.images.formats import JPEG, WEBP

FRAMES = [
    Image.fromarray(np.random.default_rng(n).integers(0, 256, (12, 16, 4), dtype=np.uint8))
    for n in range(3)
]


def encoded(*, lossless: bool, frames: int = 1, **options) -> bytes:
    file = io.BytesIO()
    first, *rest = FRAMES[:frames]
    if rest:
        options |= {"save_all": True, "append_images": rest, "duration": 50}
    first.save(file, "WEBP", lossless=lossless, **options)
    return file.getvalue()


@pytest.mark.parametrize("frames", [1, 3])
@pytest.mark.parametrize("lossless", [True, False])
@pytest.mark.parametrize("options", [{}, {"xmp": b"<x/>"}])
def test_what_lost_nothing_goes_on_losing_nothing_unless_a_quality_is_asked_for(
    frames, lossless, options
):
    data = encoded(lossless=lossless, frames=frames, **options)
    assert is_lossless(data) == lossless
    picture = decode_picture(data, name="it")
    assert picture.metadata.lossless == lossless
    assert is_lossless(encode_picture(picture, WEBP, name="it")) == lossless
    assert not is_lossless(encode_picture(picture, WEBP, name="it", quality=90))


def test_other_formats_take_their_usual_quality():
    opaque = io.BytesIO()
    FRAMES[0].convert("RGB").save(opaque, "WEBP", lossless=True)
    picture = decode_picture(opaque.getvalue(), name="it")
    usual = encode_picture(picture, JPEG, name="it", quality=95)
    assert encode_picture(picture, JPEG, name="it") == usual


@pytest.mark.parametrize(
    "data", [b"", b"RIFF\0\0\0\0WEBP", b"RIFF\0\0\0\0WEBPVP8X\xff\xff\xff\xff"]
)
def test_a_file_without_a_picture_is_not_lossless(data):
    assert not is_lossless(data)


def soft() -> Image.Image:
    rows, columns = np.mgrid[0:96, 0:128]
    waves = 128 + 60 * np.sin(rows / 5) * np.cos(columns / 7)
    noise = np.random.default_rng(0).normal(0, 6, (96, 128, 3))
    return Image.fromarray((waves[..., None] + noise).clip(0, 255).astype(np.uint8))


@pytest.mark.parametrize("quality", [5, 30, 60, 80, 90, 100])
@pytest.mark.parametrize("method", [0, 4])
def test_the_quality_of_a_lossy_picture_is_found(quality, method):
    file = io.BytesIO()
    soft().save(file, "WEBP", quality=quality, method=method)
    assert quality_of(file.getvalue()) == pytest.approx(quality, abs=10)


def test_what_lost_nothing_or_is_cut_has_no_quality():
    assert quality_of(encoded(lossless=True)) is None
    assert quality_of(encoded(lossless=False, frames=3)) is not None
    assert quality_of(encoded(lossless=False)[:34]) is None
    assert quality_of(b"") is None


def test_the_end_of_a_cut_header_reads_as_zeros():
    content = encoded(lossless=False)
    for length in range(len(content)):
        assert quality_of(content[:length]) in {None, *range(101)}
