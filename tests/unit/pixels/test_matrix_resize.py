import math

import pytest
import torch

from srcli.pixels.matrix_resize import resize_by_matrices, resize_uint8_by_matrices
from srcli.pixels.region import Region
from srcli.pixels.resize import resize, resize_uint8, whole_levels


@pytest.mark.parametrize(("side", "most"), [(48, 2), (72, 3), (96, 4)])
def test_levels_are_the_same_but_for_a_few_halves(side, most):
    crops = torch.randint(0, 256, (2, 3, side, side), dtype=torch.uint8)
    samples = differing = 0
    for lr in (*range(side // most, math.ceil(side / 1.08)), side):
        expected = resize_uint8(crops, (lr, lr)).short()
        difference = (resize_uint8_by_matrices(crops, lr).short() - expected).abs()
        assert difference.max() <= 1
        samples += difference.numel()
        differing += int(difference.count_nonzero())
    assert differing <= samples / 20_000


@pytest.mark.parametrize("lr", [24, 32, 48])
def test_whole_ratios_give_the_same_levels(lr):
    crops = torch.randint(0, 256, (4, 3, 96, 96), dtype=torch.uint8)
    assert torch.equal(resize_uint8_by_matrices(crops, lr), resize_uint8(crops, (lr, lr)))


def test_halves_are_rounded_up():
    sums = torch.tensor([1.5, 1.5 - 1e-13, 1.49, -3.0, 300.0], dtype=torch.float64)
    assert whole_levels(sums).tolist() == [2, 1, 1, 0, 255]


@pytest.mark.parametrize("side", [30, 47, 96])
def test_floating_point_is_the_same_but_for_rounding(side):
    image = torch.rand(2, 3, 32, 32, dtype=torch.float64)
    region = Region(top=4, bottom=side - 8, left=2, right=side - 1)
    expected = resize(image, (side, side), region=region)
    found = resize_by_matrices(image, side, region=region)
    assert found.shape == expected.shape
    assert (found - expected).abs().max() < 1e-14
    whole = resize_by_matrices(image, side)
    assert torch.allclose(region.of(whole), expected, atol=1e-14)
