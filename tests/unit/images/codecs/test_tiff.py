"""The encoder and the directories, against tifffile and Pillow."""

import io
from dataclasses import replace

import cv2
import numpy as np
import pytest
import tifffile
from PIL import Image

from srcli.images.codecs import tiff
from srcli.images.decode import decode_photo
from srcli.images.picture.photo import Metadata
from srcli.images.picture.samples import from_photo

RANDOM = np.random.default_rng(0)
DTYPES = [np.uint8, np.uint16, np.float32]


def samples(channels, dtype, size=(41, 29)):
    values = RANDOM.random((*size, channels))
    return (
        (values * np.iinfo(dtype).max).astype(dtype)
        if dtype != np.float32
        else values.astype(dtype)
    )


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("dtype", DTYPES)
def test_tifffile_reads_what_is_written(channels, dtype):
    wanted = samples(channels, dtype)
    with tifffile.TiffFile(io.BytesIO(tiff.encode(wanted, Metadata()))) as file:
        (page,) = file.pages
        assert not file.is_bigtiff
        assert page.dtype == dtype
        assert page.compression.name == "ADOBE_DEFLATE"
        assert page.photometric.name == ("RGB" if channels > 2 else "MINISBLACK")
        assert len(page.extrasamples) == (channels in {2, 4})
        assert np.array_equal(page.asarray().reshape(wanted.shape), wanted)


def test_strips_of_any_height_hold_the_same(monkeypatch):
    wanted = samples(3, np.uint16)
    monkeypatch.setattr(tiff, "_STRIP_BYTES", 1000)
    data = tiff.encode(wanted, Metadata())
    assert len(tiff.read_directory(data)[tiff.Tag.StripOffsets]) == 9
    assert np.array_equal(tifffile.imread(io.BytesIO(data)), wanted)


def test_the_layout_is_read():
    data = tiff.encode(samples(4, np.uint16), Metadata())
    layout = tiff.read_layout(tiff.read_directory(data))
    assert (layout.height, layout.width, layout.channels, layout.bits) == (41, 29, 4, 16)
    assert (layout.sample_format, layout.photometric) == (tiff.UNSIGNED, tiff.RGB)
    assert (layout.extra, layout.opacity, layout.apart) == (tiff.UNASSOCIATED_ALPHA, 0, False)
    assert layout.predictor == tiff.HORIZONTAL_DIFFERENCES
    assert layout.parts == 1


@pytest.mark.parametrize("bigtiff", [False, True])
def test_directories_of_large_files_are_read_too(bigtiff):
    file = io.BytesIO()
    tifffile.imwrite(file, samples(3, np.uint8), photometric="rgb", bigtiff=bigtiff, tile=(16, 32))
    layout = tiff.read_layout(tiff.read_directory(file.getvalue()))
    assert (layout.height, layout.width, layout.part) == (41, 29, (16, 32))
    assert layout.parts == 3


def test_density_and_profile_are_where_pillow_finds_them():
    told = Metadata(dpi=(300.0, 72.5), icc_profile=b"profile", xmp=b"<x/>")
    data = tiff.encode(samples(3, np.uint8), told)
    image = Image.open(io.BytesIO(data))
    assert image.info["dpi"] == (300, 72.5)
    assert image.info["icc_profile"] == b"profile"
    read = tiff.read_metadata(
        data, tiff.read_directory(data), tiff.read_layout(tiff.read_directory(data))
    )
    assert (read.dpi, read.icc_profile, read.xmp) == (told.dpi, told.icc_profile, told.xmp)


def test_further_pages_are_told():
    file = io.BytesIO()
    page = Image.fromarray(samples(3, np.uint8))
    page.save(file, "TIFF", save_all=True, append_images=[page])
    assert tiff.has_more_pages(file.getvalue())
    assert not tiff.has_more_pages(tiff.encode(samples(3, np.uint8), Metadata()))
    assert tiff.first_page(file.getvalue()) == file.getvalue()


def exif_block(order=">"):
    """An EXIF block with long values, directories in directories, and a maker's note."""
    tags = Image.Exif()
    tags.endian = order
    tags[0x010F] = "A maker of cameras"
    tags[0x8769] = {0x927C: b"maker's note, which may count from the start of the block",
                    0x9003: "2020:01:02 03:04:05", 0xA005: {1: "R98"}}  # fmt: skip
    tags[0x8825] = {1: "N", 2: (1.0, 2.0, 3.5)}
    return tags.tobytes()[6:]


def meaning(block):
    """What an EXIF block says, in whichever byte order; nothing without one."""
    tags = Image.Exif()
    tags.load(block)
    inner = [dict(tags.get_ifd(tag)) for tag in (0x8769, 0x8825, 0xA005)]
    inner[0].pop(0xA005, None)  # where a directory stands
    return {tag: tags[tag] for tag in tags if tag < 0x8000}, inner


@pytest.fixture
def big(monkeypatch):
    """Have every file be too large for a classic one."""
    monkeypatch.setattr(tiff, "_LARGEST", 0)


@pytest.mark.usefixtures("big")
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("dtype", DTYPES)
def test_tifffile_and_opencv_read_bigtiff(channels, dtype):
    wanted = samples(channels, dtype)
    data = tiff.encode(wanted, Metadata(exif=exif_block()))
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        assert file.is_bigtiff
        assert np.array_equal(file.pages[0].asarray().reshape(wanted.shape), wanted)
    if channels in {1, 3} or (channels, dtype) == (4, np.uint16):  # it multiplies bytes by alpha
        found = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
        order = {1: [0], 3: [2, 1, 0], 4: [2, 1, 0, 3]}[channels]
        assert np.array_equal(found.reshape(wanted.shape)[..., order], wanted)


@pytest.mark.usefixtures("big")
@pytest.mark.parametrize("block", [None, exif_block(">"), exif_block("<")])
def test_bigtiff_says_what_a_classic_file_says(block, monkeypatch):
    told = Metadata(exif=block, dpi=(300.0, 72.5), icc_profile=b"profile", xmp=b"<x/>")
    wanted = samples(3, np.uint8)
    data = tiff.encode(wanted, told)
    monkeypatch.undo()
    classic = tiff.encode(wanted, told)
    found = []
    for one in (data, classic):
        with Image.open(io.BytesIO(one)) as image:
            exif = image.getexif()
            inner = {tag: dict(exif.get_ifd(tag)) for tag in (0x8769, 0x8825, 0xA005)}
            inner[0x8769].pop(0xA005, None)  # where a directory stands
            plain = {tag: exif.get(tag) for tag in (0x010F, 0x011A, 0x011B, 34675, 700)}
            found.append((plain, inner, np.asarray(image).tobytes()))
    assert found[0] == found[1]
    assert found[0][2] == wanted.tobytes()
    if block:
        assert found[0][1][0x8769][0x9003] == "2020:01:02 03:04:05"
        assert found[0][1][0x8825][2] == (1, 2, 3.5)
        assert data.index(b"maker's note") == block.index(b"maker's note")
        assert data.count(b"maker's note") == 1
    photo, other = (decode_photo(one, name="it") for one in (data, classic))
    assert meaning(photo.metadata.exif) == meaning(other.metadata.exif)
    assert replace(photo.metadata, exif=None) == replace(other.metadata, exif=None)
    assert np.array_equal(from_photo(photo, bits=8), wanted)


def test_a_file_near_the_limit_is_classic_if_it_fits(monkeypatch):
    flat, told = np.zeros((400, 300, 3), np.uint8), Metadata(exif=exif_block())
    before = decode_photo(tiff.encode(flat, told), name="it").metadata
    monkeypatch.setattr(tiff, "_LARGEST", 300_000)
    with tifffile.TiffFile(io.BytesIO(data := tiff.encode(flat, told))) as file:
        assert not file.is_bigtiff
        assert np.array_equal(file.pages[0].asarray(), flat)
    after = decode_photo(data, name="it").metadata
    assert Image.open(io.BytesIO(data)).getexif().get_ifd(0x8825)[2] == (1, 2, 3.5)
    assert (after.dpi, after.xmp) == (before.dpi, before.xmp)
    noise = RANDOM.integers(0, 256, flat.shape, dtype=np.uint8)
    with tifffile.TiffFile(io.BytesIO(tiff.encode(noise, Metadata()))) as file:
        assert file.is_bigtiff
        assert np.array_equal(file.pages[0].asarray(), noise)
