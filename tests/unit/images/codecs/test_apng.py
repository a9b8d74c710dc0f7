"""Animated PNG: what is written is what Pillow shows, and damage is told."""

import io
import struct

import numpy as np
import pytest
from PIL import Image, ImageSequence

from srcli.images.codecs import apng, png
from srcli.images.decode_errors import UnsupportedImage
from srcli.images.picture.photo import Metadata

RANDOM = np.random.default_rng(0)
SIZE = 20, 31


def frames(channels=3, dtype=np.uint8):
    """Three frames: the second differs in a corner, the third not at all."""
    first = RANDOM.integers(0, np.iinfo(dtype).max, (*SIZE, channels), dtype=dtype)
    second = first.copy()
    second[4:9, 20:25] ^= 1
    return [first, second, second.copy()]


def test_pillow_shows_what_was_written():
    wanted = frames()
    data = apng.encode(wanted, [40.0, 125.0, 1000.0], 3, Metadata(comment=b"told"))
    image = Image.open(io.BytesIO(data))
    assert (image.n_frames, image.info["loop"]) == (3, 3)
    shown = ImageSequence.all_frames(image, lambda frame: frame.convert("RGB"))
    assert [frame.info["duration"] for frame in shown] == [40, 125, 1000]
    for found, samples in zip(shown, wanted, strict=True):
        assert np.array_equal(np.asarray(found), samples)


@pytest.mark.parametrize(("channels", "dtype"), [(1, np.uint8), (4, np.uint8), (3, np.uint16)])
def test_what_is_written_is_read(channels, dtype):
    wanted = frames(channels, dtype)
    found = apng.read_frames(apng.encode(wanted, [10.0] * 3, 0, Metadata()))
    assert (found.size, found.plays, found.durations) == (SIZE, 0, (10.0, 10.0, 10.0))
    first, second, third = found.layers()
    assert np.array_equal(first.samples[..., : wanted[0].shape[2]], wanted[0])
    assert (second.top, second.left, second.samples.shape[:2]) == (4, 20, (5, 5))
    assert third.samples.shape[:2] == (1, 1)


@pytest.mark.parametrize("milliseconds", [0.0, 1.0, 1000 / 30, 33.3, 65_535_000.0, 1e9])
def test_times_are_fractions_of_sixteen_bits(milliseconds):
    numerator, denominator = apng._delay(milliseconds)
    assert max(numerator, denominator) <= 0xFFFF
    limited = min(milliseconds, 65_535_000)
    assert 1000 * numerator / denominator == pytest.approx(limited, rel=1e-3)


def rebuilt(data, change):
    """The file with the body of each chunk as ``change`` makes it; None drops the chunk."""
    bodies = [(chunk.kind, change(chunk.kind, chunk.body)) for chunk in png.walk(data)]
    return png.SIGNATURE + b"".join(png.make_chunk(*one) for one in bodies if one[1] is not None)


@pytest.mark.parametrize(
    ("kind", "body", "words"),
    [
        (b"acTL", lambda _: struct.pack(">2I", 4, 0), "announces 4 frames and holds 3"),
        (b"fcTL", lambda body: struct.pack(">I", 9) + body[4:], "out of order"),
        (b"fdAT", lambda body: struct.pack(">I", 9) + body[4:], "out of order"),
        (b"fcTL", lambda body: body[:12] + struct.pack(">I", 30) + body[16:], "outside its canvas"),
        (b"fcTL", lambda body: body[:24] + b"\3" + body[25:], "outside its canvas"),
    ],
)
def test_damage_is_told(kind, body, words):
    data = apng.encode(frames(), [10.0] * 3, 0, Metadata())
    broken = rebuilt(data, lambda found, old: body(old) if found == kind else old)
    with pytest.raises(UnsupportedImage, match=words):
        apng.read_frames(broken)


def test_a_still_picture_that_is_no_frame_is_left_out():
    data = apng.encode(frames(), [10.0] * 3, 0, Metadata())
    chunks = list(png.walk(data))
    poster = next(chunk for chunk in chunks if chunk.kind == b"IDAT")
    at = next(at for at, chunk in enumerate(chunks) if chunk.kind == b"fcTL")
    parts = [png.make_chunk(chunk.kind, chunk.body) for chunk in chunks]
    first = [png.make_chunk(chunk.kind, chunk.body) for chunk in chunks[:at]]
    assert apng.read_frames(png.SIGNATURE + b"".join(parts)).durations == (10.0,) * 3
    moved = b"".join([*first, png.make_chunk(b"IDAT", poster.body), *parts[at:]])
    assert apng.read_frames(png.SIGNATURE + moved).durations == (10.0,) * 3
