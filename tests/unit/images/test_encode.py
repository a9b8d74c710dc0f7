"""Every format gives back what it was given, or refuses it."""

from __future__ import annotations

import io
import struct
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image, ImageCms

from srcli.errors import UnwritableImage, UsageError
from srcli.images.decode import decode_photo, read_photo
from srcli.images.encode import encode_photo, writable_format, write_photo
from srcli.images.formats import AVIF, BMP, FORMATS, JPEG, PNG, TIFF, WEBP, Format
from srcli.images.picture.photo import Metadata, Photo
from srcli.images.picture.samples import Samples, from_photo, to_photo
from srcli.pixels.levels import from_levels

LOSSLESS = [
    *((PNG, dtype, channels) for dtype in ("u1", "u2") for channels in (1, 2, 3, 4)),
    *((TIFF, dtype, channels) for dtype in ("u1", "u2", "f4") for channels in (1, 2, 3, 4)),
    *((BMP, "u1", channels) for channels in (1, 3)),
    *((WEBP, "u1", channels) for channels in (3, 4)),
]


def exif_block() -> bytes:
    tags = Image.Exif()
    tags[0x010F] = "A maker"
    tags[0x0112] = 1
    tags.get_ifd(0x8769)[0x9003] = "2001:02:03 04:05:06"
    tags.get_ifd(0x8769)[0xA002] = 7
    tags.get_ifd(0x8825)[1] = "N"
    return tags.tobytes().removeprefix(b"Exif\0\0")


FULL = Metadata(
    icc_profile=ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(),
    exif=exif_block(),
    xmp=b'<x:xmpmeta xmlns:x="adobe:ns:meta/"/>',
    dpi=(254.0, 127.0),
)


def photo_of(samples: Samples, metadata: Metadata | None = None) -> Photo:
    return to_photo(samples, metadata or Metadata(), source_format="PNG")


def noise(dtype: str, channels: int, height: int = 6, width: int = 9) -> Samples:
    random = np.random.default_rng(channels)
    if dtype == "f4":
        return random.random((height, width, channels), dtype=np.float32)
    peak = np.iinfo(dtype).max + 1
    return random.integers(0, peak, (height, width, channels), dtype=dtype)


def recoded(photo: Photo, known: Format, quality: int = 100) -> Photo:
    return decode_photo(encode_photo(photo, known, name="it", quality=quality), name="it")


@pytest.mark.parametrize(("known", "dtype", "channels"), LOSSLESS)
@given(data=st.data())
@settings(max_examples=12, deadline=None, derandomize=True)
def test_a_lossless_format_gives_back_every_bit(
    known: Format, dtype: str, channels: int, data: st.DataObject
) -> None:
    sides = st.integers(1, 20)
    shape = data.draw(st.tuples(sides, sides, st.just(channels)))
    elements = st.floats(0, 1, width=32) if dtype == "f4" else None
    samples = data.draw(arrays.arrays(dtype, shape, elements=elements))
    photo = photo_of(samples)
    back = recoded(photo, known)
    assert torch.equal(back.pixels, photo.pixels)
    assert (back.alpha is None) == (photo.alpha is None)
    assert photo.alpha is None or torch.equal(back.alpha, photo.alpha)
    assert (back.bits, back.gray) == (photo.bits, photo.gray)
    assert np.array_equal(from_photo(back, bits=back.bits), samples)


@pytest.mark.parametrize("dtype", ["u1", "u2"])
def test_a_png_of_many_rows_is_filtered_across_blocks(
    dtype: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("srcli.images.codecs.png._BLOCK_BYTES", 4096)
    rows, columns = np.mgrid[:97, :61]
    ramp = np.stack([rows * 500 + columns * 90, rows * columns, columns * 1000], axis=2)
    samples = ramp.astype(dtype)
    back = recoded(photo_of(samples), PNG)
    assert np.array_equal(from_photo(back, bits=back.bits), samples)


def test_a_deep_png_of_smooth_colour_is_smaller_than_half_of_its_samples() -> None:
    rows, columns = np.mgrid[:200, :300]
    smooth = np.stack([rows * 300, columns * 200, rows * 100 + columns * 100], axis=2)
    samples = smooth.astype(np.uint16)
    size = len(encode_photo(photo_of(samples), PNG, name="it"))
    assert size < samples.nbytes / 2


@pytest.mark.parametrize("dtype", ["u1", "u2"])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_png_keeps_all_metadata(dtype: str, channels: int) -> None:
    back = recoded(photo_of(noise(dtype, channels), FULL), PNG)
    assert back.metadata.icc_profile == FULL.icc_profile
    assert back.metadata.xmp == FULL.xmp
    assert back.metadata.dpi == pytest.approx(FULL.dpi)
    assert camera(back) == ("A maker", "2001:02:03 04:05:06", 9, "N")


@pytest.mark.parametrize("dtype", ["u1", "u2", "f4"])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_tiff_keeps_all_metadata(dtype: str, channels: int) -> None:
    back = recoded(photo_of(noise(dtype, channels), FULL), TIFF)
    assert back.metadata.icc_profile == FULL.icc_profile
    assert back.metadata.xmp == FULL.xmp
    assert back.metadata.dpi == FULL.dpi
    assert camera(back) == ("A maker", "2001:02:03 04:05:06", 9, "N")


@pytest.mark.parametrize("known", [JPEG, WEBP, AVIF])
def test_lossy_formats_keep_profile_exif_and_xmp(known: Format) -> None:
    back = recoded(photo_of(noise("u1", 3), FULL), known)
    assert back.metadata.icc_profile == FULL.icc_profile
    assert back.metadata.xmp == FULL.xmp
    assert camera(back) == ("A maker", "2001:02:03 04:05:06", 9, "N")


@pytest.mark.parametrize("known", [JPEG, BMP])
def test_formats_with_a_density_keep_it(known: Format) -> None:
    back = recoded(photo_of(noise("u1", 3), Metadata(dpi=(254.0, 127.0))), known)
    assert back.metadata.dpi == pytest.approx((254.0, 127.0), abs=0.02)


def camera(photo: Photo) -> tuple[str, str, int, str]:
    tags = Image.Exif()
    tags.load(photo.metadata.exif or b"")
    taken = tags.get_ifd(0x8769)
    return tags[0x010F], taken[0x9003], taken[0xA002], tags.get_ifd(0x8825)[1]


def test_color_chunks_pass_from_png_to_png() -> None:
    back = recoded(photo_of(noise("u1", 3), Metadata(color_chunks=LINEAR)), PNG)
    assert back.metadata.color_chunks == LINEAR


def test_texts_pass_from_png_to_png_and_are_left_out_elsewhere() -> None:
    texts = chunk(b"tEXt", b"Title\0a house") + chunk(b"iTXt", b"parameters\0\0\0\0\0steps: 20")
    photo = photo_of(noise("u1", 3), Metadata(text_chunks=texts))
    assert recoded(photo, PNG).metadata.text_chunks == texts
    assert recoded(photo, JPEG).metadata.text_chunks == b""


def test_texts_that_hold_exif_and_xmp_are_no_texts() -> None:
    full = recoded(photo_of(noise("u1", 3), FULL), PNG)
    assert (full.metadata.xmp, full.metadata.text_chunks) == (FULL.xmp, b"")
    profile = chunk(b"tEXt", b"Raw profile type iptc\0\niptc\n 0\n\n")
    photo = photo_of(noise("u1", 3), Metadata(text_chunks=profile))
    assert recoded(photo, PNG).metadata.text_chunks == b""


def chunk(kind: bytes, body: bytes) -> bytes:
    whole = kind + body
    return struct.pack(">I", len(body)) + whole + struct.pack(">I", zlib.crc32(whole))


def numbers(kind: bytes, *values: int) -> bytes:
    return chunk(kind, struct.pack(f">{len(values)}I", *values))


LINEAR = numbers(b"gAMA", 100_000)
POINTS = (31_270, 32_900, 64_000, 33_000, 30_000, 60_000, 15_000, 6_000)
SRGB_CHUNKS = [
    b"",
    numbers(b"gAMA", 45_455),
    numbers(b"gAMA", 45_000) + numbers(b"cHRM", *POINTS),
    chunk(b"sRGB", b"\0") + LINEAR,
    chunk(b"cICP", bytes([1, 13, 0, 1])) + LINEAR,
]
OTHER_CHUNKS = [
    LINEAR,
    numbers(b"cHRM", 31_270, 32_900, 68_000, *POINTS[3:]),
    chunk(b"cICP", bytes([9, 16, 0, 1])) + chunk(b"sRGB", b"\0"),
]


@pytest.mark.parametrize("known", [known for known in FORMATS if known.writable])
@pytest.mark.parametrize("chunks", SRGB_CHUNKS)
def test_color_chunks_that_say_srgb_need_not_be_held(known: Format, chunks: bytes) -> None:
    recoded(photo_of(noise("u1", 3), Metadata(color_chunks=chunks)), known)


@pytest.mark.parametrize("known", [known for known in FORMATS if known.writable])
@pytest.mark.parametrize("chunks", OTHER_CHUNKS)
def test_color_chunks_that_say_something_else_are_held_or_refused(
    known: Format, chunks: bytes
) -> None:
    photo = photo_of(noise("u1", 3), Metadata(color_chunks=chunks))
    if known is PNG:
        assert recoded(photo, known).metadata.color_chunks == chunks
    else:
        with pytest.raises(UnwritableImage, match="colour space"):
            recoded(photo, known)


def test_a_profile_goes_before_gamma() -> None:
    metadata = Metadata(color_chunks=LINEAR, icc_profile=FULL.icc_profile)
    assert (
        recoded(photo_of(noise("u1", 3), metadata), JPEG).metadata.icc_profile == FULL.icc_profile
    )


@pytest.mark.parametrize("known", [JPEG, AVIF])
@pytest.mark.parametrize("channels", [1, 3])
def test_lossy_formats_come_close_and_grey_stays_grey(known: Format, channels: int) -> None:
    flat = np.full((16, 16, channels), 100, np.uint8) + np.arange(channels, dtype=np.uint8) * 40
    back = recoded(photo_of(flat), known, quality=95)
    assert back.gray == (channels == 1)
    apart = from_levels(back.pixels) - from_levels(photo_of(flat).pixels)
    assert apart.abs().max() <= 2.1 / 255


def test_jpeg_is_written_without_chroma_subsampling() -> None:
    data = encode_photo(photo_of(noise("u1", 3)), JPEG, name="it")
    with Image.open(io.BytesIO(data)) as image:
        assert [layer[1:3] for layer in image.layer] == [(1, 1)] * 3


def test_avif_keeps_alpha() -> None:
    flat = np.full((16, 16, 4), 100, np.uint8)
    back = recoded(photo_of(flat), AVIF)
    assert back.alpha is not None
    assert (from_levels(back.alpha) - 100 / 255).abs().max() <= 2.1 / 255


@pytest.mark.parametrize("known", [JPEG, WEBP, BMP, AVIF])
def test_sixteen_bits_are_refused_or_become_the_nearest_eight(known: Format) -> None:
    samples = np.full((8, 8, 3), 128 * 257 + 128, np.uint16)  # 128.498 of 255
    with pytest.raises(UnwritableImage, match=f"it cannot be written: {known.name} .* 16 bits"):
        encode_photo(photo_of(samples), known, name="it")
    back = recoded(replace(photo_of(samples), bits=8), known)
    assert back.bits == 8
    assert from_levels(back.pixels).mean() == pytest.approx(128 / 255, abs=1e-3)


def test_floating_point_is_refused_or_becomes_sixteen_bits_in_png() -> None:
    photo = photo_of(np.array([[[0.0]], [[1.0]], [[0.5]]], np.float32))
    with pytest.raises(UnwritableImage, match="32 bits") as caught:
        encode_photo(photo, PNG, name="it")
    assert caught.value.hint == "Choose TIFF, or round them with --depth 16."
    back = from_photo(recoded(replace(photo, bits=16), PNG), bits=16)
    assert back.ravel().tolist() == [0, 65535, 32768]


@pytest.mark.parametrize("known", [JPEG, BMP])
def test_transparency_that_a_format_cannot_hold_is_refused(known: Format) -> None:
    with pytest.raises(UnwritableImage, match=r"it cannot be written: .* transparency"):
        encode_photo(photo_of(noise("u1", 4)), known, name="it")


@pytest.mark.parametrize("known", [JPEG, BMP])
def test_alpha_that_is_opaque_everywhere_is_left_out_where_it_must(known: Format) -> None:
    samples = noise("u1", 4)
    samples[..., 3] = 255
    assert recoded(photo_of(samples), known).alpha is None


def test_bmp_refuses_a_profile_rather_than_shift_colours() -> None:
    with pytest.raises(UnwritableImage, match="profile"):
        encode_photo(photo_of(noise("u1", 3), FULL), BMP, name="it")


@pytest.mark.parametrize(
    ("known", "limit"),
    [(JPEG, 65_500), (WEBP, 16_383), (AVIF, 32_768)],
    ids=["JPEG", "WEBP", "AVIF"],
)
def test_the_longest_side_of_a_format_is_what_it_says(known: Format, limit: int) -> None:
    longest = photo_of(np.zeros((1, limit, 3), np.uint8))
    assert recoded(longest, known, quality=50).width == limit
    longer = photo_of(np.zeros((limit + 1, 1, 3), np.uint8))
    with pytest.raises(UnwritableImage, match="sides"):
        encode_photo(longer, known, name="it")


def test_too_much_metadata_for_jpeg_is_refused() -> None:
    with pytest.raises(UnwritableImage, match="EXIF data is too long"):
        encode_photo(photo_of(noise("u1", 3), Metadata(exif=b"x" * 70_000)), JPEG, name="it")


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize("where", ["pixels", "alpha"])
def test_samples_that_are_not_finite_are_never_written(bad: float, where: str) -> None:
    photo = photo_of(noise("f4", 4))
    tensor = photo.pixels if where == "pixels" else photo.alpha
    assert tensor is not None
    tensor[0, 0, 2, 3] = bad
    with pytest.raises(ValueError, match="finite"):
        encode_photo(photo, TIFF, name="it")


@pytest.mark.parametrize("quality", [0, 101])
def test_a_quality_out_of_range_is_refused(quality: int) -> None:
    with pytest.raises(UsageError):
        encode_photo(photo_of(noise("u1", 3)), JPEG, name="it", quality=quality)


@pytest.mark.parametrize(
    "suffix", [suffix for known in FORMATS if known.writable for suffix in known.suffixes]
)
def test_the_suffix_chooses_the_format_in_any_case(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"ünï cödé{suffix.upper()}"
    write_photo(photo_of(noise("u1", 3)), path)
    assert read_photo(path).source_format == writable_format(path).name


@pytest.mark.parametrize("name", ["a.heic", "a.txt", "a"])
def test_other_suffixes_are_refused_with_those_that_are_written(tmp_path: Path, name: str) -> None:
    with pytest.raises(UnwritableImage, match="suffix") as caught:
        write_photo(photo_of(noise("u1", 3)), tmp_path / name)
    assert ".png" in caught.value.hint
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_replaced_only_on_request(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"precious")
    with pytest.raises(UnwritableImage, match="exists already"):
        write_photo(photo_of(noise("u1", 3)), path)
    assert path.read_bytes() == b"precious"
    write_photo(photo_of(noise("u1", 3)), path, overwrite=True)
    assert read_photo(path).width == 9
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("known", [TIFF, AVIF])
def test_exif_that_is_damaged_is_refused_where_it_must_be_read(known: Format) -> None:
    photo = photo_of(noise("uint8", 3), Metadata(exif=b"garbage"))
    with pytest.raises(UnwritableImage, match="its EXIF data is damaged") as caught:
        encode_photo(photo, known, name="it")
    assert "--strip-metadata" in caught.value.hint
    assert recoded(photo, PNG).metadata.exif == b"garbage"
