"""Chunks, and the encoder, against the decoders of Pillow and OpenCV."""

import io
import zlib

import cv2
import numpy as np
import pytest
from PIL import Image

from srcli.images.codecs import png
from srcli.images.picture.photo import Metadata

RANDOM = np.random.default_rng(0)
CHUNKS = png.make_chunk(b"tEXt", b"Author\0me") + png.make_chunk(b"tEXt", b"GPSPosition\0here")


def samples(channels, dtype=np.uint8, size=(37, 23)):
    """Waves with noise, so that every filter has rows that it suits."""
    rows, columns = np.mgrid[0 : size[0], 0 : size[1]]
    peak = np.iinfo(dtype).max
    waves = (np.sin(rows / 5) * np.cos(columns / 7) + 1) * 0.4 * peak
    made = waves[..., None] + RANDOM.normal(0, peak / 50, (*size, channels))
    made[5:9], made[12:15, ::2] = peak, 0
    return made.clip(0, peak).astype(dtype)


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_pillow_reads_eight_bits(channels):
    wanted = samples(channels)
    image = Image.open(io.BytesIO(png.encode(wanted, Metadata())))
    assert image.mode == {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}[channels]
    assert np.array_equal(np.asarray(image).reshape(wanted.shape), wanted)


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_opencv_reads_sixteen_bits(channels):
    wanted = samples(channels, np.uint16)
    data = np.frombuffer(png.encode(wanted, Metadata()), np.uint8)
    found = cv2.imdecode(data, cv2.IMREAD_UNCHANGED).reshape(wanted.shape)
    order = {1: [0], 3: [2, 1, 0], 4: [2, 1, 0, 3]}[channels]
    assert np.array_equal(found[..., order], wanted)


def test_rows_of_many_blocks_are_filtered_as_of_one(monkeypatch):
    wanted = samples(3)
    whole = zlib.decompress(pixels_of(png.encode(wanted, Metadata())))
    monkeypatch.setattr(png, "_BLOCK_BYTES", 1)
    assert zlib.decompress(pixels_of(png.encode(wanted, Metadata()))) == whole
    assert {whole[at] for at in range(0, len(whole), 23 * 3 + 1)} == {0, 1, 2, 4}


def pixels_of(data):
    return b"".join(chunk.body for chunk in png.walk(data) if chunk.kind == b"IDAT")


def test_metadata_is_where_pillow_finds_it():
    told = Metadata(dpi=(300.0, 72.0), exif=b"Exif", xmp=b"<x/>", comment="é".encode())
    plain = png.encode(samples(3), Metadata())
    for data in (png.encode(samples(3), told), png.with_metadata(plain, told)):
        image = Image.open(io.BytesIO(data))
        image.load()
        assert image.info["dpi"] == pytest.approx((300, 72), abs=0.02)
        assert image.info["exif"].endswith(b"Exif")
        assert image.info["xmp"] == b"<x/>"
        assert image.text["Comment"] == "é"


def test_a_comment_that_is_not_utf8_is_kept_as_latin():
    image = Image.open(io.BytesIO(png.encode(samples(1), Metadata(comment=b"\xe9"))))
    image.load()
    assert image.text["Comment"] == "é"


@pytest.mark.parametrize("depth", [1, 2, 4, 8])
def test_the_color_key_is_on_the_scale_of_decoded_samples(depth):
    header = png.make_chunk(b"IHDR", bytes([0, 0, 0, 1, 0, 0, 0, 1, depth, 0, 0, 0, 0]))
    peak = 2**depth - 1
    data = png.SIGNATURE + header + png.make_chunk(b"tRNS", peak.to_bytes(2))
    found = png.read_header(data)
    assert (found.depth, found.channels, found.color_key) == (depth, 1, (255,))


def test_a_damaged_or_cut_chunk_is_told_and_passed_over():
    data = bytearray(png.SIGNATURE + CHUNKS)
    data[-1] ^= 1
    first, second = png.walk(bytes(data))
    assert (first.sound, second.sound, second.cut) == (True, False, False)
    (*_, last) = png.walk(bytes(data[:-3]))
    assert last.cut
    assert b"GPSPosition" not in png.read_header(bytes(data)).text_chunks


def test_texts_that_speak_of_gps_are_dropped_alone():
    kept = png.text_without_gps(CHUNKS)
    assert b"Author" in kept
    assert b"GPS" not in kept


def test_ancillary_chunks_are_left_out_of_what_decoders_see():
    data = png.encode(samples(3), Metadata(exif=b"Exif", text_chunks=CHUNKS))
    assert {chunk.kind for chunk in png.walk(png.pixels_only(data))} == {b"IHDR", b"IDAT", b"IEND"}
    kinds = [chunk.kind for chunk in png.walk(png.for_pillow(data))]
    assert b"tEXt" not in kinds
    assert b"eXIf" in kinds


@pytest.mark.parametrize(
    ("chunks", "is_srgb"),
    [
        (b"", True),
        (png.make_chunk(b"sRGB", b"\0"), True),
        (png.make_chunk(b"gAMA", (45_455).to_bytes(4)), True),
        (png.make_chunk(b"gAMA", (100_000).to_bytes(4)), False),
        (png.make_chunk(b"cICP", bytes([1, 13, 0, 1])), True),
        (png.make_chunk(b"cICP", bytes([9, 16, 0, 1])), False),
    ],
)
def test_chunks_that_say_srgb_are_known(chunks, is_srgb):
    assert png.tells_srgb(Metadata(color_chunks=chunks)) == is_srgb


def test_codes_of_srgb_need_no_chunk():
    assert png.coding_chunk(1, 13) == b""
    (chunk,) = png.walk(png.SIGNATURE + png.coding_chunk(9, 16))
    assert chunk.body == bytes([9, 16, 0, 1])
