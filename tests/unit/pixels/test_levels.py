from __future__ import annotations

import pytest
import torch

from srcli.pixels.levels import PEAKS, from_levels, to_levels
from srcli.pixels.region import Region
from srcli.pixels.resize import resize


@pytest.mark.parametrize("dtype", PEAKS)
def test_every_level_comes_back(dtype: torch.dtype) -> None:
    levels = torch.arange(PEAKS[dtype] + 1, dtype=torch.int32).to(dtype)
    numbers = from_levels(levels)
    assert (numbers.dtype, numbers[0], numbers[-1]) == (torch.float32, 0, 1)
    assert torch.equal(to_levels(numbers, dtype), levels)
    assert to_levels(levels, dtype) is levels


def test_halves_round_up_and_what_is_out_of_range_is_clamped() -> None:
    numbers = torch.tensor([-0.1, 0.49 / 255, 0.5 / 255, 1.1])
    assert to_levels(numbers, torch.uint8).tolist() == [0, 0, 1, 255]
    assert to_levels(numbers, torch.float32).tolist() == [0, *numbers[1:3].tolist(), 1]


def test_deep_levels_become_shallow_ones() -> None:
    deep = torch.tensor([0, 128 * 257 + 128, 128 * 257 + 129, 65_535], dtype=torch.uint16)
    assert to_levels(deep, torch.uint8).tolist() == [0, 128, 129, 255]


def test_floating_point_comes_back_as_it_is() -> None:
    numbers = torch.rand(4)
    assert from_levels(numbers) is numbers


@pytest.mark.parametrize("region", [None, Region(top=3, bottom=9, left=2, right=2), (3, 8)])
def test_levels_are_resized_as_the_numbers_they_stand_for(region) -> None:
    levels = torch.randint(0, 256, (1, 3, 7, 9), dtype=torch.uint8)
    if isinstance(region, tuple):
        region = Region(top=region[0], bottom=region[1], left=1, right=5)
    interleaved = levels.movedim(1, 3).contiguous().movedim(3, 1)
    for size in ((17, 19), (7, 9), (4, 5)):
        if region and region.bottom > size[0]:
            continue
        wanted = resize(from_levels(levels), size, region=region)
        assert torch.equal(resize(levels, size, region=region), wanted)
        assert torch.equal(resize(interleaved, size, region=region), wanted)
