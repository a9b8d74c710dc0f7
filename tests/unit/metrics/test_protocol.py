import json
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from srcli.errors import ImageError, UsageError
from srcli.metrics.protocol import (
    PUBLISHED,
    ROUNDED_LUMA,
    cropped_sizes,
    reduce_for,
    score,
)
from srcli.pixels.resize import resize_uint8

GOLDEN = Path(__file__).parents[2] / "golden" / "protocol"
EXPECTED = json.loads((GOLDEN / "expected.json").read_text())["images"]


def picture(name: str) -> torch.Tensor:
    with Image.open(GOLDEN / f"{name}.png") as file:
        return torch.from_numpy(np.array(file)).permute(2, 0, 1)[None]


@pytest.mark.parametrize("scale", [2, 3, 4, 8])
@pytest.mark.parametrize("name", EXPECTED)
def test_bicubic_reaches_its_known_digits(name: str, scale: float) -> None:
    lr, hr = reduce_for(picture(name), scale)
    sr = resize_uint8(lr, (hr.shape[2], hr.shape[3])).float() / 255
    psnr_y, ssim_y, rounded_psnr_y, rounded_ssim_y = EXPECTED[name][f"x{scale}"]
    published = score(sr, hr, scale)
    assert published.psnr_y == pytest.approx(psnr_y, abs=1e-3)
    assert published.ssim_y == pytest.approx(ssim_y, abs=1e-5)
    rounded = score(sr, hr, scale, ROUNDED_LUMA)
    assert rounded.psnr_y == pytest.approx(rounded_psnr_y, abs=1e-3)
    assert rounded.ssim_y == pytest.approx(rounded_ssim_y, abs=1e-5)
    assert rounded.psnr_rgb == published.psnr_rgb < published.psnr_y


@pytest.mark.parametrize(
    ("size", "scale", "low", "high"),
    [
        ((481, 321), 2, (240, 160), (480, 320)),
        ((481, 321), 1.1, (437, 291), (480, 320)),
        ((27, 81), 2.7, (10, 30), (27, 81)),
        ((33, 11), 1.1, (30, 10), (33, 11)),
        ((100, 50), 2.83, (35, 17), (99, 48)),
    ],
)
def test_lr_has_floor_of_hr_over_scale_and_hr_is_cropped_to_match(
    size: tuple[int, int], scale: float, low: tuple[int, int], high: tuple[int, int]
) -> None:
    assert cropped_sizes(*size, scale) == (low, high)


@given(low=st.integers(20, 4000), tenths=st.integers(11, 320))
def test_float_noise_never_costs_a_pixel(low: int, tenths: int) -> None:
    side = low * tenths // 10
    fits = side * 10 // tenths
    kept = fits * tenths // 10
    assert cropped_sizes(side, side, tenths / 10) == ((fits, fits), (kept, kept))


@given(side=st.integers(40, 20000), scale=st.floats(1.001, 40))
def test_the_crop_lies_inside_the_picture_and_loses_less_than_one_lr_pixel(
    side: int, scale: float
) -> None:
    (low, _), (high, _) = cropped_sizes(side, side, scale)
    assert side - scale - 1 < high <= side
    assert low <= high


def test_the_crop_is_taken_from_the_top_left() -> None:
    hr = torch.arange(3 * 7 * 8, dtype=torch.uint8).view(1, 3, 7, 8)
    lr, cropped = reduce_for(hr, 3)
    assert lr.shape == (1, 3, 2, 2)
    assert torch.equal(cropped, hr[:, :, :6, :6])


@pytest.mark.parametrize("scale", [0.999, 0.5, 0, -2, math.nan, math.inf])
def test_scales_that_do_not_reduce_are_refused(scale: float) -> None:
    with pytest.raises(UsageError, match="Nothing can be measured at scale"):
        cropped_sizes(100, 100, scale)


def test_pictures_too_small_for_the_scale_are_named_as_such() -> None:
    with pytest.raises(ImageError, match="3x50 pixels is too small to be reduced by 4"):
        reduce_for(torch.zeros(1, 3, 50, 3, dtype=torch.uint8), 4)
    with pytest.raises(ImageError, match="16x50 pixels is too small to measure x3"):
        score(torch.zeros(1, 3, 50, 16), torch.zeros(1, 3, 50, 16, dtype=torch.uint8), 3)


@pytest.mark.parametrize(
    ("scale", "shave"), [(2, 2), (2.7, 3), (1.1, 2), (3.0000000000000004, 3), (8, 8)]
)
def test_the_scale_rounded_up_is_shaved(scale: float, shave: int) -> None:
    assert PUBLISHED.shave(scale) == shave


def test_shaved_pixels_do_not_count_and_the_next_ones_do() -> None:
    hr = torch.full((1, 3, 24, 24), 128, dtype=torch.uint8)
    sr = hr.float() / 255
    sr[:, :, :3] = 1
    assert score(sr, hr, 3).psnr_rgb == math.inf
    assert score(sr, hr, 2).psnr_rgb < 30


def test_sr_is_compared_as_it_would_be_saved_in_8_bits() -> None:
    hr = torch.full((1, 3, 24, 24), 255, dtype=torch.uint8)
    assert score(torch.full((1, 3, 24, 24), 1.3), hr, 2).psnr_y == math.inf
    assert score(torch.full((1, 3, 24, 24), 254.6 / 255), hr, 2).psnr_y == math.inf
    assert score(torch.full((1, 3, 24, 24), 254.4 / 255), hr, 2).psnr_y < 50


def test_pictures_of_different_sizes_are_a_bug_of_the_caller() -> None:
    with pytest.raises(ValueError, match="shapes differ"):
        score(torch.zeros(1, 3, 24, 24), torch.zeros(1, 3, 24, 25, dtype=torch.uint8), 2)
