import io
from typing import get_args

import numpy as np
import pytest
from PIL import Image

from srcli.images.codecs.jpeg import Encoder, quality_of, quality_of_table, tables_of
from srcli.images.synthetic.jpeg_roundtrip import Codec, Coding, recompress


@pytest.fixture
def samples() -> np.ndarray:
    rows, columns = np.mgrid[0:45, 0:53]
    waves = 128 + 60 * np.sin(rows / 3) + 60 * np.cos(columns / 4)
    return (
        np.stack([waves, waves.T[:45, :45].mean() + 0 * waves, 255 - waves], -1)
        .clip(0, 255)
        .astype(np.uint8)
    )


@pytest.mark.parametrize("codec", get_args(Codec))
def test_every_codec_keeps_the_size_and_loses_more_at_lower_quality(samples, codec):
    def loss(quality: int) -> float:
        made = recompress(samples, Coding(codec=codec, quality=quality))
        assert made.shape == samples.shape
        assert made.dtype == np.uint8
        return float(np.square(made.astype(float) - samples).mean())

    assert loss(95) < loss(30)


@pytest.mark.parametrize("encoder", get_args(Encoder))
@pytest.mark.parametrize("quality", [30, 75, 92])
def test_a_file_has_the_tables_of_its_encoder_and_its_strength(samples, encoder, quality):
    coding = Coding(quality=quality, encoder=encoder)
    file = io.BytesIO()
    Image.fromarray(samples).save(file, "JPEG", **coding.settings())
    with Image.open(file) as image:
        assert quality_of(image) == pytest.approx(100 - coding.strength, abs=0.51)
        tables = tables_of(encoder, quality)
        if tables is not None:
            assert tuple(image.quantization[0]) == tables[0]


def test_the_presets_of_photoshop_are_chosen_by_how_coarse_they_are():
    found = [quality_of_table(tables_of("photoshop", quality)[0]) for quality in (50, 70, 90, 99)]
    assert found == sorted(found)
    assert len(set(found)) == 4


def test_other_codecs_are_as_strong_as_they_say():
    assert Coding(codec="WEBP", quality=60).strength == 40
    assert Coding(codec="AVIF", quality=35, encoder="mozjpeg").strength == 65
