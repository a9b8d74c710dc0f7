"""The quality of lossy WebP files, as libwebp was told it."""

import io

import numpy as np
import pytest
from PIL import Image

from srcli.images.codecs.vp8_header import BoolDecoder, quality_of_frame

NOISE = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)


def frame(quality):
    file = io.BytesIO()
    Image.fromarray(NOISE).save(file, "WEBP", quality=quality)
    data = file.getvalue()
    return data[data.index(b"VP8 ") + 8 :]


@pytest.mark.parametrize("quality", [5, 30, 60, 75, 90])
def test_the_quality_is_about_what_libwebp_was_told(quality):
    assert quality_of_frame(frame(quality)) == pytest.approx(quality, abs=1)


def test_the_quality_never_falls_where_more_was_asked_for():
    found = [quality_of_frame(frame(quality)) for quality in range(5, 100, 10)]
    assert found == sorted(found)


def test_what_is_no_key_frame_has_none():
    data = frame(60)
    assert quality_of_frame(data[:8]) is None
    assert quality_of_frame(bytes([data[0] | 1]) + data[1:]) is None
    assert quality_of_frame(data[:3] + b"abc" + data[6:]) is None


def test_bits_beyond_the_end_are_zeros():
    bits = BoolDecoder(b"")
    assert [bits.bit() for _ in range(20)] == [0] * 20
    assert BoolDecoder(b"").number(7) == 0
    assert BoolDecoder(b"").optional(4) == 0
    assert BoolDecoder(b"\xff" * 9).number(3) == 7
    assert BoolDecoder(b"\xff" * 9).optional(3) == -7
