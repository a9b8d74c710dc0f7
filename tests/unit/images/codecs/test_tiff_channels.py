from __future__ import annotations

import io

import numpy as np
import pytest
import tifffile
from PIL import Image

from srcli.images.codecs import tiff, tiff_channels
from srcli.images.decode_errors import UnsupportedImage

RANDOM = np.random.default_rng(0)
SAMPLES = RANDOM.integers(0, 65_536, (37, 50, 5), dtype=np.uint16)


def written(samples: np.ndarray, *, apart: bool = False, **options: object) -> bytes:
    """A file by an independent writer."""
    file = io.BytesIO()
    tifffile.imwrite(
        file,
        np.moveaxis(samples, 2, 0) if apart else samples,
        photometric="separated",
        planarconfig="separate" if apart else "contig",
        extrasamples=[2] * (samples.shape[2] - 4),
        **options,
    )
    return file.getvalue()


def decode(data: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(data), formats=("TIFF",)) as image:
        samples = np.asarray(image)
    return samples.astype(samples.dtype.newbyteorder("="))[..., None]


def read(data: bytes) -> np.ndarray:
    return tiff_channels.read(data, tiff.read_layout(tiff.read_directory(data)), decode)


@pytest.mark.parametrize("apart", [False, True])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("part", [{"rowsperstrip": 8}, {"tile": (16, 32)}, {"tile": (64, 64)}])
@pytest.mark.parametrize(
    "packing",
    [{}, {"compression": "zlib"}, {"compression": "zlib", "predictor": True}, {"bigtiff": True}],
)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_samples_are_those_of_the_file_however_it_is_stored(apart, order, part, packing, dtype):
    samples = SAMPLES.astype(dtype)
    data = written(samples, apart=apart, byteorder=order, **part, **packing)
    assert np.array_equal(read(data), samples)


@pytest.mark.parametrize("channels", [5, 6, 9])
def test_any_number_of_channels_is_read(channels):
    samples = RANDOM.integers(0, 256, (5, 7, channels), dtype=np.uint8)
    assert np.array_equal(read(written(samples)), samples)


def test_an_unknown_predictor_is_refused():
    file = io.BytesIO(written(SAMPLES, compression="zlib", predictor=True))
    with tifffile.TiffFile(file, mode="r+b") as pages:
        pages.pages.first.tags[317].overwrite(3)
    with pytest.raises(UnsupportedImage, match="with a predictor that is not supported"):
        read(file.getvalue())
