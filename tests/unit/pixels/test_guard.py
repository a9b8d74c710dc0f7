"""Results stay between the source samples around them, whatever window is asked for."""

import numpy as np
import pytest
import torch

from srcli.pixels.guard import guard_range, local_range
from srcli.pixels.region import Region
from srcli.pixels.resize import MIRRORED, resize

WRAPPED = ("wrap", "wrap")


def random_image(height=9, width=11):
    return torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("size", [(18, 22), (23, 29), (27, 11), (9, 11)])
@pytest.mark.parametrize("borders", [MIRRORED, WRAPPED])
def test_every_window_is_a_part_of_the_whole(size, borders):
    source = random_image()
    lowest, highest = local_range(source, size, Region.whole(size), borders)
    for region in (
        Region(top=0, bottom=5, left=0, right=7),
        Region(top=4, bottom=size[0], left=3, right=size[1]),
        Region(top=size[0] - 1, bottom=size[0], left=size[1] - 1, right=size[1]),
    ):
        low, high = local_range(source, size, region, borders)
        assert torch.equal(low, region.of(lowest))
        assert torch.equal(high, region.of(highest))


def test_the_range_is_that_of_the_four_samples_around():
    source = torch.arange(12.0).view(1, 1, 3, 4)
    lowest, highest = local_range(source, (6, 8), Region.whole((6, 8)))
    assert lowest[0, 0, 0].tolist() == [0, 0, 0, 1, 1, 2, 2, 3]
    assert highest[0, 0, 0].tolist() == [0, 1, 1, 2, 2, 3, 3, 3]
    assert highest[0, 0, :, 0].tolist() == [0, 4, 4, 8, 8, 8]


def test_borders_that_meet_are_neighbours():
    source = torch.tensor([[0.0, 0.5, 1.0]]).view(1, 1, 1, 3)
    _, highest = local_range(source, (1, 6), Region.whole((1, 6)), ("symmetric", "wrap"))
    assert highest[0, 0, 0].tolist() == [1, 0.5, 0.5, 1, 1, 1]


def test_bilinear_enlargement_is_left_alone():
    """It lies between the samples around it by itself."""
    source = random_image()
    bilinear = torch.nn.functional.interpolate(source, (18, 22), mode="bilinear")
    guarded = guard_range(bilinear, source, (18, 22), Region.whole((18, 22)))
    assert torch.allclose(guarded, bilinear, atol=1e-6)


@pytest.mark.parametrize("dtype", [torch.uint8, torch.uint16])
def test_a_line_keeps_its_level_and_flat_areas_stay_flat(dtype):
    peak = torch.iinfo(dtype).max
    levels = torch.full((1, 3, 9, 16), peak, dtype=dtype)
    levels[..., 5] = peak // 5 * 4
    enlarged = resize(levels, (18, 32)) * 1.3 - 0.3  # overdone, as by a network
    guarded = guard_range(enlarged, levels, (18, 32), Region.whole((18, 32)))
    assert guarded.min().item() == pytest.approx(0.8, abs=1e-3)
    assert bool((guarded[..., :9] == 1).all())
    assert bool((guarded[..., 14:] == 1).all())
    assert np.isfinite(guarded.numpy()).all()
