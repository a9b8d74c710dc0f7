import re

import numpy as np
import pytest
from PIL import Image

import srcli
from srcli import Upscaler
from srcli.errors import UnreadableImage, UsageError, WeightsError
from srcli.usecases.sizes import SizeRequest
from srcli.usecases.upscale import upscale
from srcli.usecases.upscale_request import UpscaleRequest

RANDOM = np.random.default_rng(0)
LEVELS = RANDOM.integers(0, 256, (12, 16, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def upscaler():
    return Upscaler()


@pytest.mark.parametrize("channels", [slice(None), 0])
def test_an_array_becomes_what_the_command_makes_of_the_file(upscaler, tmp_path, channels):
    levels = LEVELS[..., channels]
    Image.fromarray(levels).save(tmp_path / "small.png")
    request = UpscaleRequest(
        inputs=(str(tmp_path / "small.png"),),
        size=SizeRequest(scale=(2.7, 2.7)),
        output=str(tmp_path / "large.png"),
    )
    list(upscale(request))
    with Image.open(tmp_path / "large.png") as large:
        assert np.array_equal(upscaler(levels, 2.7), np.asarray(large))


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_axes_and_dtype_stay(upscaler, channels, dtype):
    pixels = RANDOM.random((9, 7, channels))
    peak = 1 if dtype == "float32" else np.iinfo(dtype).max
    result = upscaler((pixels * peak).astype(dtype), (2.0, 1.5))
    assert result.shape == (18, 11, channels)
    assert result.dtype == dtype
    assert np.isfinite(result).all()
    assert 0 <= result.min() < result.max() <= peak


def test_what_was_given_is_not_changed(upscaler):
    pixels = LEVELS.copy()
    pixels.flags.writeable = False
    upscaler(pixels[::-1])
    assert np.array_equal(pixels, LEVELS)


def test_a_family_takes_its_own_network_for_each_factor():
    upscaler = Upscaler("san-light", offline=True)
    for scale in (2, 3):
        assert upscaler(LEVELS, scale).shape == (12 * scale, 16 * scale, 3)


@pytest.mark.parametrize(
    "pixels",
    [
        LEVELS[0, 0],
        LEVELS[:0],
        LEVELS.astype(np.int64),
        LEVELS.astype(np.complex64),
        None,
        b"bytes",
        [[1, 2], [3, 4]],
        Image.new("HSV", (4, 4)),
        Image.new("RGB", (0, 4)),
        "missing.png",
        np.zeros((4, 4, 5), np.uint8),
        LEVELS.astype(np.float32),
        np.full((4, 4), np.nan, np.float32),
    ],
)
def test_what_is_no_picture_is_refused_with_what_is_accepted(upscaler, pixels):
    with pytest.raises(UnreadableImage) as caught:
        upscaler(pixels)
    told = f"{caught.value.message} {caught.value.hint}"
    assert re.search("a Pillow image|the Pillow image|missing.png", told)


@pytest.mark.parametrize("dtype", [">u2", "<u2", ">f4", "float64", ">f8", "float16"])
def test_any_byte_order_and_width_comes_back_as_it_was_given(upscaler, dtype):
    levels = LEVELS if "u" in dtype else LEVELS / 255
    given = levels.astype(dtype)
    result = upscaler(given, 1.5)
    plain = given.astype(np.uint16 if "u" in dtype else np.float32)
    assert result.dtype == np.dtype(dtype)
    assert np.array_equal(result, upscaler(plain, 1.5).astype(dtype))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "I;16"])
def test_a_pillow_image_gives_one(upscaler, mode):
    image = Image.fromarray(LEVELS)
    image = image.convert("L").convert(mode) if mode == "I;16" else image.convert(mode)
    image.info["icc_profile"] = b"profile"
    result = upscaler(image, 2)
    assert isinstance(result, Image.Image)
    assert result.size == (32, 24)
    assert result.info.get("icc_profile") == (None if mode == "CMYK" else b"profile")
    if mode == "RGB":
        assert np.array_equal(np.asarray(result), upscaler(LEVELS, 2))


def test_a_path_gives_samples_and_a_list_gives_a_list(upscaler, tmp_path):
    path = tmp_path / "small.png"
    Image.fromarray(LEVELS).save(path)
    for results in (upscaler([LEVELS, path, str(path)]), upscaler((LEVELS, path))):
        assert isinstance(results, list)
        assert all(np.array_equal(result, upscaler(LEVELS)) for result in results)


def test_a_pillow_image_whose_file_is_cut_is_refused(upscaler, tmp_path):
    path = tmp_path / "small.png"
    Image.fromarray(LEVELS).save(path)
    path.write_bytes(path.read_bytes()[:-300])
    with (
        Image.open(path) as image,
        pytest.raises(UnreadableImage, match="the Pillow image is cut short"),
    ):
        upscaler(image)


@pytest.mark.parametrize("tile", [0, -1, 31, "64", 1.5])
def test_a_tile_that_makes_no_sense_is_refused(tile):
    with pytest.raises(UsageError, match=re.escape(f"a tile of {tile!r} pixels")):
        Upscaler(tile=tile)


@pytest.mark.parametrize("scale", [None, "large", (2,), (2, 3, 4), 1j, float("nan")])
def test_a_factor_that_makes_no_sense_is_refused(upscaler, scale):
    with pytest.raises(UsageError):
        upscaler(LEVELS, scale)


def test_borders_that_meet_are_shown_each_other():
    turned = np.roll(LEVELS, (5, 7), (0, 1))
    upscaler = Upscaler(wrap="xy")
    assert np.array_equal(upscaler(turned), np.roll(upscaler(LEVELS), (10, 14), (0, 1)))
    assert not np.array_equal(upscaler(LEVELS), Upscaler(wrap="x")(LEVELS))


def test_requests_without_sense_are_refused(upscaler):
    with pytest.raises(UsageError):
        upscaler(LEVELS, 0)
    with pytest.raises(UsageError):
        Upscaler(device="abacus")
    with pytest.raises(UsageError):
        Upscaler(wrap="z")
    with pytest.raises(WeightsError):
        Upscaler("none")(LEVELS)


def test_nothing_else_is_promised():
    assert set(srcli.__all__) == {"Upscaler", "__version__"}
    with pytest.raises(AttributeError):
        srcli.Downscaler  # noqa: B018 - asked for, not used
