"""Rows that run through the layers one after the other."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from srcli.networks.asdn import AsdnConfig, LocalAsdn, grid_of
from srcli.networks.blocks.convolution import WideConvolutions
from srcli.networks.blocks.row_stream import Delay, RowStream

RATIOS = [1.3, 2.0, 2.7, 4.0]


@pytest.fixture(scope="module")
def network() -> LocalAsdn:
    """Every layer has as many channels as the picture has samples, or more."""
    torch.manual_seed(0)
    made = LocalAsdn(
        AsdnConfig(blocks=2, width=12, unshuffle=2, max_ratio=4, own_blocks=1, is_told=1)
    )
    for parameter in made.parameters():
        nn.init.normal_(parameter, std=0.1)
    return made.requires_grad_(requires_grad=False)


@settings(max_examples=60, deadline=None)
@given(
    cuts=st.lists(st.integers(1, 9), min_size=1, max_size=8),
    columns=st.integers(1, 40),
    ratio=st.sampled_from(RATIOS),
    told=st.booleans(),
    dtype=st.sampled_from([torch.float32, torch.bfloat16]),
)
def test_rows_are_to_the_bit_what_the_whole_picture_becomes(
    network, cuts, columns, ratio, told, dtype
):
    strengths = torch.tensor([[0.3, 0.6]]) if told else None
    unshuffle = grid_of(ratio)
    image = torch.rand(1, 3, unshuffle * sum(cuts), unshuffle * columns)
    with torch.autocast("cpu", dtype, enabled=dtype != torch.float32), WideConvolutions():
        layers = network.layers(ratio, strengths)
        twice = torch.cat((image, image)).contiguous(memory_format=torch.channels_last)
        whole = network(twice, ratio, strengths)[:1].float()
    stream = RowStream(layers, columns, dtype)
    parts, sizes = image.split([unshuffle * cut for cut in cuts], 2), []
    for number, rows in enumerate(parts):
        sizes.append(stream.push(rows, last=number == len(cuts) - 1))
    assert torch.equal(torch.cat(sizes, 2), whole)


def test_rows_come_as_soon_as_they_are_known(network):
    layers = network.layers(2.0)
    stream = RowStream(layers, 8, torch.float32)
    reach = 2 * len(layers.blocks) + 2
    counts = [stream.push(torch.rand(1, 3, 2, 16), last=False).shape[2] for _ in range(reach + 3)]
    assert counts == [0] * reach + [2] * 3


def test_a_delay_gives_rows_back_in_order():
    delay, rows = Delay(), torch.arange(7.0).view(1, 1, 7, 1)
    delay.put(rows[:, :, :4])
    delay.put(rows[:, :, 4:])
    found = []
    for count in (1, 5, 0, 1):
        part = torch.zeros(1, 1, count, 1)
        delay.add_to(part)
        found.append(part)
    assert torch.equal(torch.cat(found, 2), rows)
