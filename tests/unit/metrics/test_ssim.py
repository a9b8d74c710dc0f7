import pytest
import torch
from skimage.metrics import structural_similarity

from srcli.metrics.ssim import ssim, ssim_y
from srcli.pixels.color import luma


def by_scikit_image(first: torch.Tensor, second: torch.Tensor) -> float:
    """Mean over the positions whose 11x11 window lies inside, which is scikit-image's crop."""
    return structural_similarity(
        first[0, 0].numpy(),
        second[0, 0].numpy(),
        data_range=255,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
    )


@pytest.mark.parametrize("size", [(11, 11), (12, 47), (40, 31)])
@pytest.mark.parametrize("noise", [0.01, 0.3])
def test_it_equals_scikit_image(size: tuple[int, int], noise: float) -> None:
    generator = torch.Generator().manual_seed(2)
    hr = torch.rand(1, 3, *size, generator=generator)
    sr = (hr + noise * torch.randn(1, 3, *size, generator=generator)).clamp(0, 1)
    expected = by_scikit_image(luma(sr.double()), luma(hr.double()))
    assert ssim_y(sr, hr) == pytest.approx(expected, abs=1e-6)


def test_it_keeps_its_digits_on_bright_smooth_pictures() -> None:
    slope = torch.linspace(230.0, 230.5, 900).reshape(1, 1, 30, 30)
    shifted = slope + 0.25
    expected = by_scikit_image(slope.double(), shifted.double())
    assert ssim(slope, shifted) == pytest.approx(expected, abs=1e-6)


def test_equal_pictures_score_one() -> None:
    image = torch.rand(1, 3, 20, 20, generator=torch.Generator().manual_seed(3))
    assert ssim_y(image, image) == pytest.approx(1, abs=1e-12)


def test_a_picture_and_its_negative_score_below_zero() -> None:
    image = torch.rand(1, 3, 20, 20, generator=torch.Generator().manual_seed(3))
    assert ssim_y(image, 1 - image) < 0


@pytest.mark.parametrize("other", [(1, 1, 10, 30), (1, 1, 30, 30)])
def test_small_or_unequal_pictures_are_refused(other: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="no 11x11 window"):
        ssim(torch.zeros(1, 1, 10, 30), torch.zeros(other))
