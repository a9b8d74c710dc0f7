import math

import pytest
import torch

from srcli.metrics.psnr_b import blocking_effect, psnr_b


def by_hand(image: list[list[float]], block: int) -> float:
    """Follow the paper pair by pair."""
    height, width = len(image), len(image[0])
    between, within = [], []
    for y in range(height):
        for x in range(width):
            if x + 1 < width:
                (between if (x + 1) % block == 0 else within).append(
                    (image[y][x] - image[y][x + 1]) ** 2
                )
            if y + 1 < height:
                (between if (y + 1) % block == 0 else within).append(
                    (image[y][x] - image[y + 1][x]) ** 2
                )
    excess = sum(between) / len(between) - sum(within) / len(within)
    return max(0.0, excess) * math.log2(block) / math.log2(min(height, width))


@pytest.mark.parametrize("size", [(16, 16), (24, 17), (19, 32)])
def test_it_counts_pairs_as_the_paper_does(size) -> None:
    generator = torch.Generator().manual_seed(0)
    image = torch.rand(*size, generator=generator) * 20
    image[:, 8:] += 40
    image[8:] += 25
    expected = by_hand(image.tolist(), 8)
    assert expected > 1
    assert blocking_effect(image[None, None]) == pytest.approx(expected, rel=1e-6)


def test_smooth_pictures_have_no_blocks() -> None:
    ramp = torch.arange(32.0).expand(32, 32)[None, None]
    assert blocking_effect(ramp) == 0
    assert blocking_effect(torch.rand(1, 1, 6, 6)) == 0
    assert psnr_b(ramp, ramp) == math.inf


def test_blocks_lower_psnr_b_below_psnr() -> None:
    original = torch.full((1, 1, 32, 32), 100.0)
    blocky = original.clone()
    blocky[..., 8:16] += 10
    steps = 2 * 32 * 100 / (3 * 32 + 3 * 32)
    error = 25 + steps * 3 / 5
    assert psnr_b(blocky, original) == pytest.approx(10 * math.log10(255**2 / error))


def test_other_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match="shapes differ"):
        psnr_b(torch.zeros(1, 1, 8, 8), torch.zeros(1, 1, 8, 9))
