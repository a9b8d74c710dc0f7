import pytest
import torch

from srcli.errors import ImageError
from srcli.metrics.psnr_b import psnr_b
from srcli.metrics.restoration import score_restored
from srcli.metrics.ssim import ssim


def picture(seed: int, channels: int = 3) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(0, 256, (1, channels, 20, 24), generator=generator, dtype=torch.uint8)


def test_psnr_is_over_all_colours_and_the_whole_picture() -> None:
    original = torch.full((1, 3, 20, 24), 100, dtype=torch.uint8)
    restored = original.float() / 255
    restored[:, 0, 0, 0] += 10 / 255
    scores = score_restored(restored, original, gray=False)
    expected = 10 * torch.log10(torch.tensor(255.0**2 / (100 / (3 * 20 * 24)))).item()
    assert scores.psnr_rgb == pytest.approx(expected)
    assert scores.psnr_b is None


def test_grey_samples_are_compared_as_they_are() -> None:
    original, other = picture(0, 1), picture(1, 1)
    scores = score_restored(
        other.expand(-1, 3, -1, -1) / 255, original.expand(-1, 3, -1, -1), gray=True
    )
    error = (original.double() - other.double()).square().mean()
    assert scores.psnr_y == pytest.approx(10 * torch.log10(255**2 / error).item())
    assert scores.ssim_y == pytest.approx(ssim(other.double(), original.double()))
    assert scores.psnr_b == pytest.approx(psnr_b(other.double(), original.double()))


def test_what_cannot_be_compared_is_refused() -> None:
    with pytest.raises(ValueError, match="shapes differ"):
        score_restored(torch.zeros(1, 3, 20, 20), picture(0), gray=False)
    with pytest.raises(ImageError, match="too small"):
        score_restored(torch.zeros(1, 3, 10, 30), torch.zeros(1, 3, 10, 30).byte(), gray=False)
