import io
import struct

import numpy as np
import pillow_heif
import pytest
from PIL import Image, ImageCms

from srcli.errors import UnreadableImage, UnwritableImage
from srcli.images import formats
from srcli.images.decode import decode_photo
from srcli.images.discover import find_sources
from srcli.images.encode import encode_photo
from srcli.images.formats import AVIF, HEIF, JPEG, PNG, SIGNATURE_LENGTH, remedies, sniff
from srcli.images.metadata.exif import orientation
from srcli.images.picture.samples import from_photo
from srcli.images.probe import probe_image
from srcli.images.read_rules import ReadRules

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def coded(samples: np.ndarray, mode: str, **options: object) -> bytes:
    """Encode samples (H, W, C) as HEIC, without loss."""
    height, width = samples.shape[:2]
    image = pillow_heif.from_bytes(mode, (width, height), samples.tobytes())
    return saved(image, **options)


def saved(image, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, quality=-1, chroma=444, matrix_coefficients=0, **options)
    return file.getvalue()


@pytest.mark.parametrize(("mode", "channels"), [("L", 1), ("LA", 2), ("RGB", 3), ("RGBA", 4)])
def test_eight_bits_are_read_as_they_are(rng, mode, channels):
    samples = rng.integers(0, 256, (18, 30, channels), np.uint8)
    photo = decode_photo(coded(samples, mode), name="photo.heic")
    assert photo.bits == 8
    assert photo.gray == (channels <= 2)
    np.testing.assert_array_equal(from_photo(photo, bits=8), samples)


def test_ten_bits_fill_sixteen(rng):
    levels = rng.integers(0, 1024, (18, 30, 3), np.uint16)
    levels[0, :2, 0] = 0, 1023
    photo = decode_photo(coded(levels << 6, "RGB;16"), name="photo.heic")
    assert photo.bits == 16
    samples = from_photo(photo, bits=16)
    assert samples[0, :2, 0].tolist() == [0, 65_535]
    np.testing.assert_array_equal(np.round(samples / 65_535 * 1023), levels)


def test_a_turned_picture_comes_out_upright_and_says_so(rng):
    stored = rng.integers(0, 256, (18, 30, 3), np.uint8)
    tags = Image.Exif()
    tags[0x0112] = 6
    image = pillow_heif.from_bytes("RGB", (30, 18), stored.tobytes())
    image.info.update(exif=tags.tobytes(), xmp=b'<x tiff:Orientation="6"/>')
    data = saved(image)
    assert b"irot" in data
    assert probe_image(data, name="photo.heic").size == (30, 18)
    photo = decode_photo(data, name="photo.heic")
    np.testing.assert_array_equal(from_photo(photo, bits=8), np.rot90(stored, -1))
    assert orientation(photo.metadata.exif) == 1
    assert photo.metadata.xmp == b'<x tiff:Orientation="1"/>'


def test_what_lies_beside_the_pixels_is_kept(rng):
    image = Image.fromarray(rng.integers(0, 256, (18, 30, 3), np.uint8))
    image.getexif()[0x010F] = "Maker"
    image.info.update(xmp=b"<x:xmpmeta/>", icc_profile=SRGB)
    metadata = decode_photo(saved(pillow_heif.from_pillow(image)), name="photo.heic").metadata
    assert metadata.icc_profile == SRGB
    assert metadata.xmp == b"<x:xmpmeta/>"
    assert b"Maker" in metadata.exif
    assert metadata.color_chunks == b""


@pytest.mark.parametrize(("primaries", "transfer"), [(12, 13), (9, 16), (1, 8)])
def test_a_colour_space_that_only_codes_tell_is_kept_or_refused(rng, primaries, transfer):
    samples = rng.integers(0, 256, (18, 30, 3), np.uint8)
    codes = {"color_primaries": primaries, "transfer_characteristics": transfer}
    photo = decode_photo(coded(samples, "RGB", **codes), name="photo.heic")
    written = encode_photo(photo, PNG, name="photo.png")
    assert b"cICP" + bytes([primaries, transfer, 0, 1]) in written
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(written))), samples)
    with pytest.raises(UnwritableImage, match="colour space"):
        encode_photo(photo, JPEG, name="photo.jpg")


@pytest.mark.parametrize(("primaries", "transfer"), [(1, 13), (1, 1), (2, 2), (6, 6)])
def test_what_is_shown_as_srgb_is_srgb(rng, primaries, transfer):
    samples = rng.integers(0, 256, (18, 30, 3), np.uint8)
    codes = {"color_primaries": primaries, "transfer_characteristics": transfer}
    photo = decode_photo(coded(samples, "RGB", **codes), name="photo.heic")
    assert photo.metadata.color_chunks == b""


def test_of_several_pictures_the_main_one_is_read(rng):
    frames = rng.integers(0, 256, (3, 18, 30, 3), np.uint8)
    file = pillow_heif.from_bytes("RGB", (30, 18), frames[0].tobytes())
    for frame in frames[1:]:
        file.add_frombytes("RGB", (30, 18), frame.tobytes())
    data = saved(file, primary_index=1)
    photo = decode_photo(data, name="burst.heic")
    np.testing.assert_array_equal(from_photo(photo, bits=8), frames[1])


@pytest.mark.parametrize("share", [0.2, 0.9])
def test_a_file_that_is_cut_short_is_refused(rng, share):
    data = coded(rng.integers(0, 256, (18, 30, 3), np.uint8), "RGB")
    with pytest.raises(UnreadableImage, match=r"^photo\.heic is cut short"):
        decode_photo(data[: int(share * len(data))], name="photo.heic")


def test_a_file_that_tells_two_sizes_is_refused(rng):
    data = coded(rng.integers(0, 256, (18, 30, 3), np.uint8), "RGB")
    wider = data.replace(b"clap\0\0\0\x1e", b"clap\0\0\1\x1e")
    with pytest.raises(UnreadableImage, match="differ in size"):
        decode_photo(wider, name="photo.heic")


def test_a_picture_of_too_many_pixels_is_refused_before_it_is_decoded(rng):
    data = coded(rng.integers(0, 256, (18, 30, 3), np.uint8), "RGB")
    for read in (decode_photo, probe_image):
        with pytest.raises(UnreadableImage, match="more pixels than the limit of 539"):
            read(data, name="photo.heic", rules=ReadRules(pixel_limit=539))


def test_colours_that_are_multiplied_by_alpha_are_refused():
    image = pillow_heif.from_bytes("RGBA", (30, 18), bytes(18 * 30 * 4))
    image.premultiplied_alpha = True
    with pytest.raises(UnreadableImage, match="multiplied by its alpha"):
        decode_photo(saved(image), name="photo.heic")


def box(brands: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(brands), b"ftyp") + brands + bytes(SIGNATURE_LENGTH)


@pytest.mark.parametrize(
    ("brands", "known"),
    [
        (b"heic\0\0\0\0mif1heic", HEIF),
        (b"mif1\0\0\0\0mif1heic", HEIF),
        (b"mif1\0\0\0\0mif1avif", AVIF),
        (b"mif1\0\0\0\0", HEIF),
        (b"avif\0\0\0\0mif1miaf", AVIF),
        (b"isom\0\0\0\0isomavc1", None),
    ],
)
def test_files_of_one_family_are_told_apart_by_their_brands(brands, known):
    assert sniff(box(brands)[:SIGNATURE_LENGTH]) is known


@pytest.fixture
def without_package(monkeypatch):
    monkeypatch.setattr(formats, "find_spec", lambda _: None)


@pytest.mark.usefixtures("without_package")
def test_without_the_package_it_is_said_what_to_install(tmp_path):
    path = tmp_path / "photo.heic"
    path.write_bytes(box(b"heic\0\0\0\0mif1heic"))
    for read in (decode_photo, probe_image):
        with pytest.raises(UnreadableImage, match="is a HEIF file") as caught:
            read(path.read_bytes(), name=str(path))
        assert caught.value.hint == "HEIF needs an extra: `pip install 'srcli[heif]'`."
    unread = []
    assert find_sources([str(tmp_path)], allow_none=True, on_unread=unread.append) == []
    assert unread == [path]
    assert remedies(unread) == "HEIF needs an extra: `pip install 'srcli[heif]'`."
    assert "HEIF" not in formats.readable_names()
