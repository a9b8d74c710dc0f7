from random import Random

import pytest
import torch

from srcli.pixels.resize import resize, resize_uint8
from srcli.training.degrade import (
    MARGIN,
    Predict,
    Sample,
    any_ratio_pair,
    fixed_scale_pair,
)


@pytest.fixture
def crops() -> torch.Tensor:
    return torch.randint(0, 256, (2, 3, 48, 48), dtype=torch.uint8)


def unasked(image: torch.Tensor, ratio: float) -> torch.Tensor:
    pytest.fail(f"no first pass was needed, of {tuple(image.shape)} by {ratio}")


def of_any_ratio(crops, seed: int, predict: Predict = unasked, *, passes: int = 1) -> Sample:
    return any_ratio_pair(crops, Random(seed), passes=passes).sample(predict)


def test_a_fixed_scale_is_reduced_exactly_as_matlab_does(crops):
    sample = fixed_scale_pair(crops, 3).sample(unasked)
    assert torch.equal(sample.image, resize_uint8(crops, (16, 16)) / 255)
    assert torch.equal(sample.target, crops / 255)
    assert sample.ratio is None


def test_any_ratio_gives_the_enlarged_picture_without_its_margins(crops):
    for seed in range(20):
        sample = of_any_ratio(crops, seed)
        side = round(48 / sample.ratio)
        enlarged = resize(resize_uint8(crops, (side, side)) / 255, (48, 48))
        inner = slice(MARGIN, 48 - MARGIN)
        assert torch.equal(sample.image, enlarged[..., inner, inner])
        assert torch.equal(sample.target, crops[..., inner, inner] / 255)


def test_ratios_lie_in_one_to_two_and_two_is_frequent(crops):
    ratios = [of_any_ratio(crops, seed).ratio for seed in range(200)]
    assert 1 < min(ratios) < 1.2
    assert max(ratios) == 2
    assert 60 <= sum(ratio == 2 for ratio in ratios) <= 110


def test_a_later_pass_is_trained_on_the_first_ones_output(crops):
    seen = []

    def predict(image: torch.Tensor, ratio: float) -> torch.Tensor:
        seen.append((image.shape[2], ratio))
        return torch.zeros_like(image)

    for seed in range(20):
        sample = of_any_ratio(crops, seed, predict, passes=2)
        doubled, first = seen[-1]
        assert first == 2.0
        assert sample.ratio == pytest.approx(48 / doubled)
        assert 1 < sample.ratio <= 2
        assert sample.image.abs().max() == 0
        assert sample.target.shape == (2, 3, 32, 32)
