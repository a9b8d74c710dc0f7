"""Whatever Pillow decodes becomes uint8 of one to four channels."""

import io

import numpy as np
import pytest
from PIL import Image

from srcli.images.codecs import pillow_codec
from srcli.images.decode_errors import UnsupportedImage
from srcli.images.formats import GIF, JPEG, PNG

COLORS = Image.fromarray(np.random.default_rng(0).integers(0, 256, (12, 9, 3), dtype=np.uint8))


def content(name, image=COLORS, **options):
    file = io.BytesIO()
    image.save(file, name, **options)
    return file.getvalue()


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA"])
def test_plain_modes_are_read_as_they_are(mode):
    image = COLORS.convert(mode)
    opened = pillow_codec.open_picture(content("PNG", image), PNG, pixel_limit=1000)
    wanted = np.asarray(image).reshape(12, 9, -1)
    assert np.array_equal(pillow_codec.read_samples(opened), wanted)


def test_palettes_and_bilevel_pictures_are_resolved():
    palette = COLORS.quantize(16)
    for image, wanted in ((palette, palette.convert("RGB")), (COLORS.convert("1"), None)):
        opened = pillow_codec.open_picture(content("PNG", image), PNG, pixel_limit=1000)
        found = pillow_codec.read_samples(opened)
        expected = np.asarray(wanted or image.convert("L")).reshape(12, 9, -1)
        assert np.array_equal(found, expected)


def test_grey_and_opaque_palettes_lose_what_they_do_not_need():
    grey = COLORS.convert("L").convert("P")
    assert pillow_codec.resolved(grey).shape == (12, 9, 1)


def test_cmyk_becomes_colours():
    opened = pillow_codec.open_picture(
        content("JPEG", COLORS.convert("CMYK"), quality=100), JPEG, pixel_limit=1000
    )
    assert pillow_codec.read_samples(opened).shape == (12, 9, 3)


def test_a_mode_of_no_eight_bits_is_refused():
    with pytest.raises(UnsupportedImage, match=r"not supported \(F\)"):
        pillow_codec.read_samples(COLORS.convert("F"))


def test_large_and_moving_pictures_are_refused_by_their_heads():
    with pytest.raises(UnsupportedImage):
        pillow_codec.open_picture(content("PNG"), PNG, pixel_limit=12 * 9 - 1)
    moving = content("GIF", save_all=True, append_images=[COLORS.rotate(90)])
    with pytest.raises(UnsupportedImage):
        pillow_codec.open_picture(moving, GIF, pixel_limit=1000)


def test_metadata_is_read_with_the_density():
    data = content("JPEG", dpi=(300, 300), comment=b"told")
    opened = pillow_codec.open_picture(data, JPEG, pixel_limit=1000)
    metadata, orientation = pillow_codec.read_metadata(opened, data)
    assert metadata.dpi == (300, 300)
    assert orientation == 1
