"""RLFN beside a form with plain loops over the grid of its attention."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - PyTorch's own usage

from srcli.networks.rlfn import LocalFeatureBlock, Rlfn, RlfnConfig

TINY = RlfnConfig(scale=2, blocks=2, channels=8, inner=6, attention=4)


def convolved(layer: torch.nn.Conv2d, picture: Tensor) -> Tensor:
    return F.conv2d(picture, layer.weight, layer.bias, padding=layer.weight.shape[-1] // 2)


def leaky(values: Tensor) -> Tensor:
    return torch.where(values > 0, values, 0.05 * values)


def stretched(grid: Tensor, height: int, width: int) -> Tensor:
    """Bilinear enlargement of (C, h, w), corners not aligned, sample by sample."""
    rows, columns = grid.shape[1:]
    result = grid.new_zeros(grid.shape[0], height, width)
    for y in range(height):
        for x in range(width):
            v = max(0.0, (y + 0.5) * rows / height - 0.5)
            u = max(0.0, (x + 0.5) * columns / width - 0.5)
            top, left = math.floor(v), math.floor(u)
            below, right = min(top + 1, rows - 1), min(left + 1, columns - 1)
            a, b = v - top, u - left
            above_row = (1 - b) * grid[:, top, left] + b * grid[:, top, right]
            below_row = (1 - b) * grid[:, below, left] + b * grid[:, below, right]
            result[:, y, x] = (1 - a) * above_row + a * below_row
    return result


def block_of_the_paper(block: LocalFeatureBlock, x: Tensor) -> Tensor:
    made = x
    for layer in (block.c1_r, block.c2_r, block.c3_r):
        made = leaky(convolved(layer, made))
    fused = convolved(block.c5, made + x)
    esa = block.esa
    narrow = convolved(esa.conv1, fused)
    coarse = F.conv2d(narrow, esa.conv2.weight, esa.conv2.bias, stride=2)[0]
    rows, columns = ((side - 7) // 3 + 1 for side in coarse.shape[1:])
    largest = coarse.new_zeros(coarse.shape[0], rows, columns)
    for i in range(rows):
        for j in range(columns):
            largest[:, i, j] = coarse[:, 3 * i : 3 * i + 7, 3 * j : 3 * j + 7].amax((1, 2))
    grid = convolved(esa.conv3, largest[None])[0]
    told = stretched(grid, *x.shape[2:])[None] + convolved(esa.conv_f, narrow)
    return fused / (1 + torch.exp(-convolved(esa.conv4, told)))


@pytest.mark.parametrize("size", [(15, 15), (23, 31)])
def test_a_block_is_that_of_the_paper(size: tuple[int, int]) -> None:
    torch.manual_seed(0)
    block = LocalFeatureBlock(TINY).double()
    picture = torch.randn(1, 8, *size, dtype=torch.float64)
    with torch.inference_mode():
        torch.testing.assert_close(block(picture), block_of_the_paper(block, picture))


def test_weights_are_for_values_up_to_255() -> None:
    torch.manual_seed(0)
    network = Rlfn(TINY).double()
    picture = torch.rand(1, 3, 15, 16, dtype=torch.float64)
    with torch.inference_mode():
        shallow = convolved(network.conv_1, 255 * picture)
        deep = shallow
        for name in ("block_1", "block_2"):
            deep = block_of_the_paper(network.get_submodule(name), deep)
        samples = convolved(network.upsampler[0], convolved(network.conv_2, deep) + shallow)
        expected = F.pixel_shuffle(samples, 2) / 255
        torch.testing.assert_close(network(picture), expected)


def test_a_side_below_fifteen_is_extended_by_its_border_and_cut() -> None:
    torch.manual_seed(0)
    network, picture = Rlfn(TINY), torch.rand(1, 3, 3, 20)
    with torch.inference_mode():
        expected = network(F.pad(picture, (0, 0, 0, 12), mode="replicate"))[:, :, :6]
        assert torch.equal(network(picture), expected)
