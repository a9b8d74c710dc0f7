import io

import numpy as np
import pytest
from PIL import Image

from srcli.images.codecs.jpeg import quality_of

NOISE = Image.fromarray(np.random.default_rng(0).integers(0, 256, (16, 24, 3), dtype=np.uint8))


def reopened(name, image=NOISE, **options):
    file = io.BytesIO()
    image.save(file, name, **options)
    return Image.open(file)


@pytest.mark.parametrize("quality", [20, 49, 50, 51, 75, 90, 91, 99])
@pytest.mark.parametrize("image", [NOISE, NOISE.convert("L"), NOISE.convert("CMYK")])
def test_the_quality_is_what_libjpeg_was_told(quality, image):
    assert quality_of(reopened("JPEG", image, quality=quality)) == quality


@pytest.mark.parametrize(("quality", "low", "high"), [(1, 1, 19), (15, 15, 19), (100, 99, 100)])
def test_at_the_ends_of_the_range_it_is_near(quality, low, high):
    assert low <= quality_of(reopened("JPEG", quality=quality)) <= high


def test_previews_behind_the_picture_do_not_count():
    options = {"save_all": True, "append_images": [NOISE], "quality": 80}
    assert quality_of(reopened("MPO", **options)) == 80


@pytest.mark.parametrize("name", ["PNG", "WEBP"])
def test_other_formats_have_none(name):
    assert quality_of(reopened(name)) is None
