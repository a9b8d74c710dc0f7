"""Narrow inputs are convolved as parts of wider ones are."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812 - PyTorch's own usage

from srcli.networks.blocks.convolution import NARROW, WideConvolutions


@pytest.mark.parametrize("width", [1, 7, 40, NARROW - 1, NARROW, 100])
@pytest.mark.parametrize(
    "options",
    [{}, {"padding": 1}, {"padding": (0, 2)}, {"padding": "same"}, {"dilation": 2, "padding": 2}],
)
def test_the_result_is_the_same_but_for_its_last_bits(width, options):
    torch.manual_seed(0)
    convolution = nn.Conv2d(4, 6, 3 if width > 2 or options.get("padding") else 1, **options)
    image = torch.rand(2, 4, 9, width)
    expected = convolution(image)
    with WideConvolutions():
        assert torch.allclose(convolution(image), expected, atol=1e-5)


@pytest.mark.parametrize("stride", [2, (2, 2), [2, 2]])
def test_a_convolution_that_leaves_pixels_out_is_not_changed(stride):
    image, kernel = torch.rand(1, 4, 9, 21), torch.rand(6, 4, 3, 3)
    expected = F.conv2d(image, kernel, None, stride, 1)
    with WideConvolutions():
        assert torch.equal(F.conv2d(image, kernel, None, stride, 1), expected)
        assert torch.equal(F.conv2d(image, kernel, stride=stride, padding=1), expected)


@pytest.mark.parametrize("channels", [(12, 12), (12, 48), (27, 48), (48, 48), (64, 64)])
@pytest.mark.parametrize("width", [10, 22, 47, 62])
def test_in_half_precision_it_is_that_of_a_wide_picture_to_the_bit(channels, width):
    torch.manual_seed(0)
    inner, outer = channels
    kernel = (0.1 * torch.randn(outer, inner, 3, 3)).bfloat16()
    bias = torch.randn(outer).bfloat16()
    wide = torch.randn(2, inner, 20, 200).bfloat16().contiguous(memory_format=torch.channels_last)
    expected = F.conv2d(wide, kernel, bias)
    part = wide[..., 30 : 30 + width].contiguous(memory_format=torch.channels_last)
    with WideConvolutions():
        made = F.conv2d(part, kernel, bias)
    assert torch.equal(made, expected[..., 30 : 30 + width - 2])
