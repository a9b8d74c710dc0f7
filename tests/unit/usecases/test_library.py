import io
import re

import numpy as np
import pytest
import torch
from PIL import Image

import srcli
from srcli import ImageError, Upscaler, upscale_file
from srcli.errors import UnreadableImage, UsageError, WeightsError
from srcli.pipeline.sizes import SizeRequest
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
    result = upscaler((pixels * peak).astype(dtype), (1.5, 2.0))
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
        torch.zeros(4, 4),
        torch.zeros(5, 4, 4),
        torch.zeros(3, 4, 4, dtype=torch.int64),
        torch.zeros(3, 4, 4, dtype=torch.complex64),
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
    assert re.search("a Pillow image|the Pillow image|missing.png|the picture is", told)


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
    with pytest.raises(UsageError, match=re.escape(f"A tile of {tile!r} pixels")):
        Upscaler(tile=tile)


@pytest.mark.parametrize("scale", ["large", (2,), (2, 3, 4), 1j, float("nan")])
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
    with pytest.raises(WeightsError, match="no model called"):
        Upscaler("none")
    with pytest.raises(WeightsError, match="no weights file"):
        Upscaler("none.safetensors")


@pytest.mark.parametrize("dtype", [torch.uint8, torch.uint16, torch.float32, torch.bfloat16])
@pytest.mark.parametrize("shape", [(3, 9, 7), (2, 3, 9, 7), (2, 1, 9, 7)])
def test_a_tensor_gives_a_tensor_of_its_axes_and_dtype(upscaler, shape, dtype):
    peak = 1 if dtype.is_floating_point else torch.iinfo(dtype).max
    pixels = (torch.rand(shape, generator=torch.Generator().manual_seed(0)) * peak).to(dtype)
    result = upscaler(pixels, (1.5, 2))
    assert result.shape == (*shape[:-2], 18, 11)
    assert (result.dtype, result.device) == (dtype, pixels.device)
    if dtype == torch.uint8 and len(shape) == 3:
        expected = upscaler(pixels.movedim(0, -1).numpy(), (1.5, 2))
        assert np.array_equal(result.movedim(0, -1).numpy(), expected)


@pytest.mark.parametrize("suffix", ["png", "jpeg", "gif"])
def test_the_bytes_of_a_file_give_those_of_a_file(upscaler, suffix, tmp_path):
    path, out = tmp_path / f"small.{suffix}", tmp_path / "large.png"
    Image.fromarray(LEVELS).save(path, dpi=(200, 200))
    result = upscaler(path.read_bytes(), 2)
    with Image.open(io.BytesIO(result)) as image:
        assert image.format == {"gif": "PNG"}.get(suffix, suffix.upper())
        assert image.size == (32, 24)
    if suffix == "png":
        upscale_file(path, out, 2)
        assert result == out.read_bytes()


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ({"size": (40, 25)}, (25, 40)),
        ({"width": 40}, (30, 40)),
        ({"height": 30}, (30, 40)),
        ({"long_side": 32}, (24, 32)),
        ({"short_side": 24}, (24, 32)),
        ({"megapixels": 768e-6}, (24, 32)),
        ({}, (24, 32)),
    ],
)
def test_a_size_may_be_said_in_several_ways(upscaler, size, expected):
    assert upscaler(LEVELS, **size).shape[:2] == expected


@pytest.mark.parametrize(
    "size", [{"scale": 2, "width": 40}, {"size": 40}, {"size": (4, 5), "width": 4}, {"width": 0}]
)
def test_sizes_that_contradict_each_other_are_refused(upscaler, size):
    with pytest.raises(ValueError, match=r".+") as caught:
        upscaler(LEVELS, **size)
    assert isinstance(caught.value, UsageError)


def test_a_function_is_told_of_the_work(upscaler):
    told = []
    upscaler(LEVELS, 2, progress=lambda done, total: told.append((done, total)))
    assert told[0][0] == 0
    assert told[-1][0] == told[-1][1] > 0
    assert told == sorted(told)


def test_a_file_is_written_where_it_was_asked_for(tmp_path):
    Image.fromarray(LEVELS).save(tmp_path / "small.png")
    made = upscale_file(tmp_path / "small.png", tmp_path / "large.png", (1.5, 2))
    assert made == tmp_path / "large.png"
    with Image.open(made) as image:
        assert image.size == (24, 24)
    assert upscale_file(tmp_path / "small.png", made, (1.5, 2)) == made
    with pytest.raises(ImageError, match="other settings"):
        upscale_file(tmp_path / "small.png", made, 2)
    upscale_file(tmp_path / "small.png", made, 2, overwrite=True)
    with Image.open(made) as image:
        assert image.size == (32, 24)


def test_a_file_that_cannot_be_read_is_told_as_python_tells_it(upscaler, tmp_path):
    with pytest.raises(FileNotFoundError):
        upscale_file(tmp_path / "missing.png")
    with pytest.raises(FileNotFoundError):
        upscaler(tmp_path / "missing.png")
    with pytest.raises(OSError, match="empty"):
        upscaler(b"")
    with pytest.raises(ValueError, match="folder"):
        upscale_file(tmp_path)


def test_what_is_promised_is_there_and_nothing_else():
    assert set(srcli.__all__) <= set(dir(srcli))
    for name in srcli.__all__:
        assert getattr(srcli, name) is not None
    assert any(one.model.id == "asdn-fast" for one in srcli.list_models())
    with pytest.raises(AttributeError):
        srcli.Downscaler  # noqa: B018 - asked for, not used
