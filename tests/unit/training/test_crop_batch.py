import math
from collections import Counter
from random import Random

import pytest
import torch

from srcli.networks import asdn
from srcli.networks.spec import AnyRatioTraits
from srcli.pixels.resize import resize, resize_uint8
from srcli.training.crop_batch import (
    LEAST_RATIO,
    RatioRange,
    any_ratio_shape,
    fixed_scale_shape,
    ratio_ranges,
    reduce_bicubic,
)

WIDE = ratio_ranges(asdn.build(asdn.WIDE).traits, 32)


@pytest.fixture
def crops() -> torch.Tensor:
    return torch.randint(0, 256, (2, 3, 48, 48), dtype=torch.uint8)


def unasked(image: torch.Tensor, ratio: float, _strengths: object) -> torch.Tensor:
    pytest.fail(f"no first pass was needed, of {tuple(image.shape)} by {ratio}")


def test_a_fixed_scale_is_reduced_exactly_as_matlab_does(crops):
    shown = (
        fixed_scale_shape(crops.shape[2], 3).crop_batch(crops, reduce_bicubic).train_batch(unasked)
    )
    assert torch.equal(shown.image, resize_uint8(crops, (16, 16)) / 255)
    assert torch.equal(shown.target, crops / 255)
    assert shown.ratio == 3


@pytest.mark.parametrize("side", [24, 31, 44])
def test_any_ratio_gives_the_enlarged_picture_without_its_margins(crops, side):
    shown = (
        any_ratio_shape(crops.shape[2], side, 8)
        .crop_batch(crops, reduce_bicubic)
        .train_batch(unasked)
    )
    enlarged = resize(resize_uint8(crops, (side, side)) / 255, (48, 48))
    inner = slice(8, 40)
    assert torch.equal(shown.image, enlarged[..., inner, inner])
    assert torch.equal(shown.target, crops[..., inner, inner] / 255)
    assert shown.ratio == 48 / side


def test_a_network_to_ratio_two_has_one_range():
    traits = asdn.build(asdn.PHOTO).traits
    expected = RatioRange(least=1.0, most=2.0, patch=32, margin=8, whole=False)
    assert ratio_ranges(traits, 32) == (expected,)
    assert ratio_ranges(AnyRatioTraits(receptive_radius=None), 32) == (expected,)


def test_every_range_shows_the_trunk_as_large_a_grid():
    assert [(drawn.least, drawn.most) for drawn in WIDE] == [(1, 2), (2, 3), (3, 4)]
    assert [drawn.patch / math.ceil(drawn.most) for drawn in WIDE] == [16, 16, 16]
    assert [drawn.margin for drawn in WIDE] == [8, 12, 16]


def test_ratios_lie_within_their_range_and_its_largest_is_frequent():
    drawn = WIDE[0]
    sides = Counter(drawn.draw_side(Random(seed), 0.4) for seed in range(400))
    ratios = [drawn.side / side for side in sides]
    assert max(drawn.least, LEAST_RATIO) < min(ratios) < drawn.least + 0.15
    assert max(ratios) == drawn.most
    assert 0.3 < sides[min(sides)] / sides.total() < 0.55


@pytest.mark.parametrize(("drawn", "share"), [(WIDE[0], 1.0), (WIDE[1], 0.0), (WIDE[2], 0.0)])
def test_whole_ratios_alone_can_be_drawn_and_always_are_above_two(drawn, share):
    for seed in range(40):
        side = drawn.draw_side(Random(seed), share)
        assert drawn.side / side == drawn.most


@pytest.mark.parametrize("first", [2, 4])
def test_a_later_pass_is_trained_on_the_first_ones_output(first):
    drawn, seen = WIDE[0], []
    crops = torch.randint(0, 256, (2, 3, drawn.side, drawn.side), dtype=torch.uint8)

    def predict(image: torch.Tensor, ratio: float, _strengths: object) -> torch.Tensor:
        seen.append((image.shape[2], ratio))
        return torch.zeros_like(image)

    for seed in range(20):
        side = drawn.draw_side(Random(seed), 0.4)
        shape = any_ratio_shape(crops.shape[2], side, drawn.margin, first=first)
        batch = shape.crop_batch(crops, reduce_bicubic)
        shown = batch.train_batch(predict)
        enlarged, told = seen[-1]
        assert told == first
        assert enlarged == first * batch.side
        assert shown.ratio == pytest.approx(drawn.side / enlarged)
        assert 1 <= shown.ratio <= 2
        assert shown.image.abs().max() == 0
        assert shown.target.shape == (2, 3, 32, 32)
