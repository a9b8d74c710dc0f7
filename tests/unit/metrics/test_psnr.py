import math

import pytest
import torch
from skimage.metrics import peak_signal_noise_ratio

from srcli.metrics.psnr import psnr, psnr_rgb, psnr_y
from srcli.pixels.color import luma


@pytest.fixture
def pair() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    hr = torch.rand(1, 3, 37, 41, generator=generator)
    noise = torch.randn(1, 3, 37, 41, generator=generator)
    return (hr + 0.05 * noise).clamp(0, 1), hr


def test_rgb_equals_scikit_image(pair: tuple[torch.Tensor, torch.Tensor]) -> None:
    sr, hr = pair
    expected = peak_signal_noise_ratio(hr.double().numpy(), sr.double().numpy(), data_range=1)
    assert psnr_rgb(sr, hr) == pytest.approx(expected, abs=1e-6)


def test_luma_equals_scikit_image_with_peak_255(pair: tuple[torch.Tensor, torch.Tensor]) -> None:
    sr, hr = (luma(image.double()) for image in pair)
    expected = peak_signal_noise_ratio(hr.numpy(), sr.numpy(), data_range=255)
    assert psnr_y(*pair) == pytest.approx(expected, abs=1e-6)


def test_an_error_of_one_grey_level_of_luma_is_48_decibels() -> None:
    grey = torch.zeros(1, 3, 8, 8, dtype=torch.float64)
    assert psnr_y(grey + 1 / 219, grey) == pytest.approx(20 * math.log10(255), abs=1e-9)


def test_equal_pictures_are_infinitely_alike(pair: tuple[torch.Tensor, torch.Tensor]) -> None:
    assert psnr_y(pair[1], pair[1]) == math.inf
    assert psnr_rgb(pair[1], pair[1]) == math.inf


def test_different_shapes_are_refused_rather_than_broadcast() -> None:
    with pytest.raises(ValueError, match="shapes differ"):
        psnr(torch.zeros(1, 3, 8, 8), torch.zeros(1, 1, 8, 8))
