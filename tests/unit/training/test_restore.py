from random import Random

import pytest
import torch
from torch.nn import functional

from srcli.images.synthetic.jpeg_roundtrip import jpeg_round_trip
from srcli.metrics.psnr import psnr
from srcli.training.restore import LEVELS, degrade_at, draw_jpeg, draw_noise


@pytest.fixture
def images() -> torch.Tensor:
    coarse = torch.rand(8, 3, 8, 8)
    smooth = functional.interpolate(coarse, size=(40, 48), mode="bilinear")
    return (smooth * 255).to(torch.uint8)


def spoilt(draw, image: torch.Tensor, count: int, seed: int = 0) -> torch.Tensor:
    random = Random(seed)
    return torch.stack([draw(random)(image) for _ in range(count)])


@pytest.mark.parametrize("draw", [draw_jpeg, draw_noise])
def test_each_picture_meets_its_own_strength_and_the_seed_decides(images, draw):
    worse = spoilt(draw, images[0], 8, seed=1)
    assert torch.equal(worse, spoilt(draw, images[0], 8, seed=1))
    assert worse.shape == images.shape
    assert worse.dtype == torch.uint8
    assert len({tuple(one.flatten().tolist()) for one in worse}) == 8


def test_noise_spans_the_range_up_to_fifty_levels():
    grey = torch.full((3, 48, 48), 128, dtype=torch.uint8)
    deviations = spoilt(draw_noise, grey, 64).float().flatten(1).std(1)
    assert deviations.min() < 5
    assert 44 < deviations.max() < 51


def test_jpeg_comes_with_full_colour_and_with_half():
    stripes = torch.zeros(3, 32, 32, dtype=torch.uint8)
    stripes[0, :, ::2] = 255
    stripes[2, :, 1::2] = 255
    worse = spoilt(draw_jpeg, stripes, 24)
    error = (worse.float() - stripes.float()).abs().flatten(1).mean(1)
    halved = (error > 40).sum().item()
    assert 6 <= halved <= 18


def test_levels_are_met_and_repeat(images):
    noisy = degrade_at(torch.full((1, 3, 96, 96), 128, dtype=torch.uint8), "noise", 25, seed=3)
    assert noisy.float().std().item() == pytest.approx(25, rel=0.03)
    assert not torch.equal(
        degrade_at(images, "noise", 15, seed=0), degrade_at(images, "noise", 15, seed=1)
    )
    for level in LEVELS["jpeg"]:
        expected = jpeg_round_trip(images[0], quality=level, subsample=True)
        assert torch.equal(degrade_at(images, "jpeg", level, seed=0)[0], expected)


@pytest.mark.parametrize("kind", ["jpeg", "noise"])
def test_levels_are_listed_from_one_end_to_the_other(images, kind):
    def quality(level: int) -> float:
        return psnr(degrade_at(images, kind, level, seed=0).float(), images.float())

    scores = [quality(level) for level in LEVELS[kind]]
    assert sorted(scores, reverse=kind == "noise") == scores
