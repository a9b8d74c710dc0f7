"""A background has the colour that was asked for, whatever space a picture is in."""

from __future__ import annotations

import struct

import numpy as np
import pytest
import torch

from srcli.errors import UnwritableImage
from srcli.images.codecs.png import make_chunk
from srcli.images.decode_errors import UnsupportedImage
from srcli.images.metadata.color_signals import stored_color
from srcli.images.output_options import OutputOptions
from srcli.images.picture.background import flatten
from srcli.images.picture.photo import Metadata, Photo

GAMMA = make_chunk(b"gAMA", (100_000).to_bytes(4))
P3 = struct.pack(">8I", 31_270, 32_900, 68_000, 32_000, 26_500, 69_000, 15_000, 6_000)


def coded(primaries: int, transfer: int, matrix: int = 0) -> bytes:
    return make_chunk(b"cICP", bytes([primaries, transfer, matrix, 1]))


@pytest.mark.parametrize(
    ("chunks", "level"),
    [
        (GAMMA, 55),
        (make_chunk(b"gAMA", (45_455).to_bytes(4)), 127),
        (coded(1, 8), 55),
        (coded(1, 4), 127),
        (coded(9, 13), 128),
        (make_chunk(b"cHRM", P3), 128),
        (make_chunk(b"gAMA", bytes(4)), 128),
        (make_chunk(b"cHRM", bytes(3)) + GAMMA, 55),
    ],
)
def test_grey_is_stored_by_the_curve_that_is_told(chunks, level):
    stored = stored_color((128, 128, 128), chunks)
    assert np.allclose(np.array(stored) * 255, level, atol=1)


def test_white_beside_hdr_is_at_58_percent_of_pq():
    assert np.allclose(stored_color((255, 255, 255), coded(9, 16)), 0.58, atol=2e-3)


def test_colours_go_through_the_primaries_that_are_told():
    by_chunk = stored_color((255, 0, 0), make_chunk(b"cHRM", P3))
    by_code = stored_color((255, 0, 0), coded(12, 13))
    assert np.allclose(by_chunk, by_code, atol=2e-3)
    assert np.allclose(np.array(by_code) * 255, (234, 51, 35), atol=1)


@pytest.mark.parametrize(
    "chunks", [coded(9, 18), coded(99, 13), coded(1, 8, 1), make_chunk(b"cHRM", bytes(32))]
)
def test_spaces_that_are_not_known_are_refused(chunks):
    metadata = Metadata(color_chunks=chunks + GAMMA)
    photo = Photo(pixels=torch.rand(1, 3, 2, 2), alpha=torch.rand(1, 1, 2, 2), metadata=metadata)
    with pytest.raises(UnsupportedImage):
        flatten(photo, (1, 2, 3))
    with pytest.raises(UnwritableImage, match=r"^a\.png is in a colour space"):
        OutputOptions(background=(1, 2, 3)).apply(photo, name="a.png")
