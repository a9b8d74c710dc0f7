"""The quantiser in headers of AV1 that an encoder wrote, or that were made by hand."""

import io

import numpy as np
import pytest
from PIL import Image

from srcli.images.codecs import avif
from srcli.images.codecs.av1_header import Bits, quantizer_of_stream

NOISE = np.random.default_rng(0).integers(0, 256, (70, 90, 3), dtype=np.uint8)


def file(quality, pixels=NOISE, **options):
    made = io.BytesIO()
    Image.fromarray(pixels).save(made, "AVIF", quality=quality, **options)
    return made.getvalue()


class Writer:
    """Fields of so many bits each, from the front."""

    def __init__(self):
        self.bits = ""

    def put(self, *fields):
        for value, width in fields:
            self.bits += f"{value:0{width}b}" if width else ""
        return self

    def unit(self, kind):
        bits = self.bits + "1"
        bits += "0" * (-len(bits) % 8)
        content = int(bits, 2).to_bytes(len(bits) // 8)
        return bytes([kind << 3 | 2, len(content)]) + content


def sequence(width, height, *, model=False, ids=False, large=False, ordered=True, superres=0):
    """A sequence header that is not reduced, with times, two operating points and all tools."""
    made = Writer().put((0, 3), (0, 1), (0, 1), (1, 1), (9, 32), (9, 32))
    made.put((1, 1), (0b00101, 5))  # equal_picture_interval, uvlc of two zeros
    made.put((int(model), 1))
    if model:
        made.put((3, 5), (1, 32), (3, 5), (3, 5))
    made.put((1, 1), (1, 5))  # initial display delay, two operating points
    for level in (8, 4):
        made.put((0, 12), (level, 5))
        made.put((1, 1)) if level > 7 else None
        if model:
            made.put((1, 1), (7, 4), (7, 4), (0, 1))
        made.put((1, 1), (3, 4))
    made.put((15, 4), (15, 4), (width - 1, 16), (height - 1, 16), (int(ids), 1))
    if ids:
        made.put((2, 4), (1, 3))
    made.put((int(large), 1), (3, 2), (15, 4), (int(ordered), 1))
    if ordered:
        made.put((3, 2))
    made.put((0, 1), (1, 1), (0, 1), (0, 1))  # tools for screens are on, no whole motion
    if ordered:
        made.put((6, 3))
    return made.put((superres, 1), (1, 1), (1, 1), (0, 12)).unit(1)


def key_frame(*tiles, ids=False, ordered=True, superres=(), other_size=()):
    """A key frame that is shown, up to its quantiser."""
    made = Writer().put((0, 1), (0, 2), (1, 1), (0, 1))
    if ids:
        made.put((5, 6))
    made.put((int(bool(other_size)), 1), (0, 7 if ordered else 0), *other_size, *superres)
    made.put((1, 1), (63, 16), (63, 16))  # another size to be shown at
    if not superres or superres == ((0, 1),):
        made.put((0, 1))  # allow_intrabc
    made.put((1, 1), *tiles, (77, 8))
    return made.unit(6)


ONE_TILE = ((1, 1),)


@pytest.mark.parametrize(("quality", "quantizer"), [(100, 0), (90, 32), (60, 120), (30, 196)])
@pytest.mark.parametrize("options", [{}, {"subsampling": "4:4:4"}, {"range": "limited"}])
def test_the_quantiser_follows_the_quality(quality, quantizer, options):
    assert avif.quantizer_of(file(quality, **options)) == pytest.approx(quantizer, abs=12)


def test_alpha_and_gray_and_animations_are_read():
    alpha = np.concatenate([NOISE, NOISE[..., :1]], 2)
    assert avif.quantizer_of(file(60, alpha)) == avif.quantizer_of(file(60))
    assert avif.quantizer_of(file(60, NOISE[..., 0])) == avif.quantizer_of(file(60))
    moving = file(60, save_all=True, append_images=[Image.fromarray(NOISE[::-1].copy())])
    assert avif.quantizer_of(moving)


def test_the_tiles_of_a_wide_picture_are_passed_over():
    wide = np.tile(NOISE, (2, 60, 1))
    assert avif.quantizer_of(file(60, wide, speed=10, tile_cols=2, tile_rows=1)) == pytest.approx(
        120, abs=12
    )


def test_headers_of_films_are_followed():
    assert quantizer_of_stream(sequence(640, 480) + key_frame(*ONE_TILE, (0, 1), (0, 1))) == 77


def test_frame_numbers_and_other_sizes_are_passed_over():
    data = sequence(640, 480, ids=True, ordered=False)
    frame = key_frame(*ONE_TILE, ids=True, ordered=False, other_size=((63, 16), (63, 16)))
    assert quantizer_of_stream(data + frame) == 77


def test_a_frame_that_is_coded_narrower_has_the_tiles_of_its_width():
    data = sequence(4096 + 64, 64, superres=1)
    narrow = key_frame((1, 1), (0, 1), superres=((1, 1), (7, 3)))
    assert quantizer_of_stream(data + narrow) == 77
    as_wide = key_frame((1, 1), (0, 1), (0, 3), superres=((0, 1),))
    assert quantizer_of_stream(data + as_wide) == 77


def test_tiles_of_unlike_sizes_are_passed_over():
    data = sequence(640, 200, large=True)
    widths, heights = ((1, 2), (3, 2)), ((1, 1),)  # of 5 blocks 2 and 3, of 2 blocks 2
    frame = key_frame((0, 1), *widths, *heights, (0, 1), (0, 2))
    assert quantizer_of_stream(data + frame) == 77


@pytest.mark.parametrize("limit", range(1, 20))
def test_numbers_below_a_limit_are_all_read(limit):
    bits = limit.bit_length()
    short = (1 << bits) - limit
    for value in range(limit):
        code = (
            Writer().put((value, bits - 1))
            if value < short
            else Writer().put((value + short >> 1, bits - 1), (value + short & 1, 1))
        )
        assert Bits(code.unit(0)[2:]).below(limit) == value


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x0a",
        sequence(64, 64),
        key_frame(*ONE_TILE),
        sequence(64, 64) + key_frame(*ONE_TILE)[:4],
        sequence(64, 64, model=True) + key_frame(*ONE_TILE),
        sequence(64, 64) + Writer().put((1, 1)).unit(6),
        sequence(64, 64) + Writer().put((0, 1), (1, 2), (1, 1)).unit(6),
        sequence(64, 64) + Writer().put((0, 1), (0, 2), (0, 1)).unit(6),
        b"\x0a" + b"\xff" * 20,
    ],
)
def test_what_cannot_be_followed_has_none(data):
    assert quantizer_of_stream(data) is None


def test_a_file_that_is_cut_or_is_none_has_none():
    data = file(60)
    assert avif.quantizer_of(b"") is None
    assert avif.quantizer_of(data[:60]) is None
    for end in range(0, len(data), 7):
        avif.quantizer_of(data[:end])


def test_any_bytes_are_answered():
    random = np.random.default_rng(1)
    data = bytearray(file(60))
    for _ in range(400):
        broken = bytearray(data)
        for at in random.integers(0, len(data), 6):
            broken[at] = random.integers(0, 256)
        avif.quantizer_of(bytes(broken))
