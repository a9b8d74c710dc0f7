"""IMDN beside a form that is written from the paper's figure, channel by channel."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - PyTorch's own usage

from srcli.networks.imdn import DistillationBlock, Imdn, ImdnConfig

TINY = ImdnConfig(scale=2, blocks=2, channels=16, reduction=4)


def convolved(layer: torch.nn.Conv2d, picture: Tensor) -> Tensor:
    return F.conv2d(picture, layer.weight, layer.bias, padding=layer.weight.shape[-1] // 2)


def leaky(values: Tensor) -> Tensor:
    return torch.where(values > 0, values, 0.05 * values)


def block_of_the_paper(block: DistillationBlock, x: Tensor) -> Tensor:
    first = leaky(convolved(block.c1, x))
    second = leaky(convolved(block.c2, first[:, 4:]))
    third = leaky(convolved(block.c3, second[:, 4:]))
    joined = torch.cat(
        (first[:, :4], second[:, :4], third[:, :4], convolved(block.c4, third[:, 4:])), 1
    )
    contrasts = []
    for channel in joined[0]:
        mean = channel.sum() / channel.numel()
        contrasts.append(mean + ((channel - mean) ** 2).mean() ** 0.5)
    squeeze, _, widen, _ = block.cca.conv_du
    told = torch.stack(contrasts).view(1, -1, 1, 1)
    weight = 1 / (1 + torch.exp(-convolved(widen, convolved(squeeze, told).clamp(min=0))))
    return convolved(block.c5, joined * weight) + x


def test_a_block_is_that_of_the_paper() -> None:
    torch.manual_seed(0)
    block = DistillationBlock(TINY).double()
    picture = torch.randn(1, 16, 7, 9, dtype=torch.float64)
    with torch.inference_mode():
        torch.testing.assert_close(block(picture), block_of_the_paper(block, picture))


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_the_network_joins_its_blocks_and_adds_the_first_features(scale: int) -> None:
    torch.manual_seed(0)
    network = Imdn(ImdnConfig(scale=scale, blocks=2, channels=16, reduction=4)).double()
    picture = torch.rand(1, 3, 6, 5, dtype=torch.float64)
    shallow = convolved(network.fea_conv, picture)
    with torch.inference_mode():
        one = block_of_the_paper(network.get_submodule("IMDB1"), shallow)
        two = block_of_the_paper(network.get_submodule("IMDB2"), one)
        joined = leaky(convolved(network.c[0], torch.cat((one, two), 1)))
        deep = convolved(network.LR_conv, joined) + shallow
        samples = convolved(network.upsampler[0], deep)[0]
        expected = torch.zeros(1, 3, 6 * scale, 5 * scale, dtype=torch.float64)
        for channel, values in enumerate(samples):
            color, phase = divmod(channel, scale**2)
            expected[0, color, phase // scale :: scale, phase % scale :: scale] = values
        torch.testing.assert_close(network(picture), expected)
