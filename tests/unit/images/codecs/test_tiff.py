"""The encoder and the directories, against tifffile and Pillow."""

import io

import numpy as np
import pytest
import tifffile
from PIL import Image

from srcli.images.codecs import tiff
from srcli.images.picture.photo import Metadata

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
