from random import Random

import pytest
import torch
from torch.nn import functional

from srcli.images.synthetic.jpeg_roundtrip import jpeg_round_trip
from srcli.pixels.resize import resize_uint8
from srcli.training import degradations
from srcli.training.degradations import Strengths, after_bicubic, draw_photo


def degrade_photo(images: torch.Tensor, random: Random) -> torch.Tensor:
    return torch.stack([draw_photo(random)(image) for image in images])


@pytest.fixture
def images() -> torch.Tensor:
    coarse = torch.rand(4, 3, 8, 8)
    smooth = functional.interpolate(coarse, size=(40, 48), mode="bilinear")
    return (smooth * 255).to(torch.uint8)


def test_pictures_stay_what_they_show(images):
    for seed in range(10):
        worse = degrade_photo(images, Random(seed))
        assert worse.shape == images.shape
        assert worse.dtype == torch.uint8
        assert (worse.float() - images.float()).abs().mean() < 12


def test_each_picture_meets_its_own_fate_and_the_seed_decides(images):
    same = images[:1].expand(8, -1, -1, -1)
    worse = degrade_photo(same, Random(1))
    assert torch.equal(worse, degrade_photo(same, Random(1)))
    assert len({tuple(one.flatten().tolist()) for one in worse}) > 4


def test_blur_keeps_the_mean_and_softens(images):
    blurred = degradations._blur(Random(0))(images[0]).float()
    assert blurred.mean() == pytest.approx(images[0].float().mean().item(), abs=0.6)
    noise = torch.randint(0, 256, (3, 40, 40), dtype=torch.uint8)
    assert degradations._blur(Random(3))(noise).float().std() < noise.float().std()


def test_noise_is_of_the_size_that_was_drawn():
    grey = torch.full((3, 64, 64), 128, dtype=torch.uint8)
    deviations = [
        degradations._noise(Random(seed))(grey).float().std().item() for seed in range(20)
    ]
    assert max(deviations) < 7
    assert max(deviations) > 3


@pytest.mark.parametrize("subsample", [False, True])
def test_jpeg_costs_more_at_lower_quality(images, subsample):
    def loss(quality: int) -> float:
        result = jpeg_round_trip(images[0], quality=quality, subsample=subsample)
        return (result.float() - images[0].float()).square().mean().item()

    assert 0 < loss(95) < loss(50)


def test_halved_colour_costs_colour():
    stripes = torch.zeros(3, 16, 16, dtype=torch.uint8)
    stripes[0, :, ::2] = 255
    stripes[2, :, 1::2] = 255
    full, halved = (
        jpeg_round_trip(stripes, quality=95, subsample=flag).float() for flag in (False, True)
    )
    assert (halved - stripes).abs().mean() > 4 * (full - stripes).abs().mean()


def test_what_is_degraded_was_reduced_as_the_benchmarks_do(images):
    made = after_bicubic(draw_photo(Random(4)))(images[0], (20, 24))
    expected = draw_photo(Random(4))(resize_uint8(images[:1], (20, 24))[0])
    assert torch.equal(made.image, expected)
    assert made.strengths is None


@pytest.mark.parametrize(
    ("noise", "compression", "expected"), [(0, 0, (0, 0)), (25, 60, (0.5, 0.6)), (80, 120, (1, 1))]
)
def test_strengths_are_told_as_numbers_up_to_one(noise, compression, expected):
    assert Strengths(noise=noise, compression=compression).normalized == expected
