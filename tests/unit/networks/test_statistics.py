import torch
from torch import nn

from srcli.networks.statistics import (
    SharedStatistics,
    share_channel_attention,
    share_normalisation,
    share_pooling,
)
from srcli.pixels.region import Region


class Squeeze(nn.Module):
    """A network that scales channels by their means over its input."""

    def __init__(self):
        super().__init__()
        self.pool = nn.AdaptiveAvgPool2d(1)

    def forward(self, image):
        return image * self.pool(image)


class ChannelAttention(nn.Module):
    """Attention between channels, as XCiT and DAT write it."""

    def __init__(self, channels=6, heads=2):
        super().__init__()
        self.num_heads = heads
        self.temperature = nn.Parameter(torch.rand(heads, 1, 1) + 0.5)
        self.qkv = nn.Linear(channels, 3 * channels)
        self.attn_drop = nn.Dropout(0.0)

    def forward(self, tokens):
        b, n, c = tokens.shape
        qkv = self.qkv(tokens).reshape(b, n, 3, self.num_heads, c // self.num_heads)
        q, k, v = qkv.permute(2, 0, 3, 4, 1)
        q, k = (nn.functional.normalize(one, dim=-1) for one in (q, k))
        attention = self.attn_drop((q @ k.transpose(-2, -1) * self.temperature).softmax(-1))
        return (attention @ v).permute(0, 3, 1, 2).reshape(b, n, c)


class OfPixels(nn.Module):
    """Shows a network of tokens a picture."""

    def __init__(self):
        super().__init__()
        self.widen, self.attention = nn.Conv2d(3, 6, 1), ChannelAttention()

    def forward(self, image):
        tokens = self.attention(self.widen(image).flatten(2).transpose(1, 2))
        return tokens.transpose(1, 2).unflatten(2, image.shape[2:])


def halves(image, overlap):
    """Return both halves of a picture, what they overlap by, and which part is theirs alone."""
    height, width = image.shape[2:]
    middle = width // 2
    left = image[..., : middle + overlap], Region(top=0, bottom=height, left=0, right=middle)
    right = image[..., middle - overlap :]
    return left, (right, Region(top=0, bottom=height, left=overlap, right=right.shape[3]))


@torch.inference_mode()
def in_halves(network, image, overlap=4):
    statistics = SharedStatistics()
    for half, core in halves(image, overlap):
        statistics.around(network, core)(half)
    statistics.share()
    parts = [
        core.of(statistics.around(network, core)(half)) for half, core in halves(image, overlap)
    ]
    return torch.cat(parts, dim=3)


def test_halves_of_a_picture_have_its_means():
    network, image = Squeeze(), torch.rand(1, 3, 12, 20)
    share_pooling(network.pool)
    assert torch.allclose(in_halves(network, image), network(image), atol=1e-6)
    (half, core), _ = halves(image, 4)
    assert not torch.allclose(core.of(network(half)), core.of(network(image)), atol=1e-3)


def test_halves_of_a_picture_have_its_normalisation():
    for affine in (True, False):
        network, image = nn.GroupNorm(3, 6, affine=affine), torch.rand(1, 6, 12, 20)
        if affine:
            nn.init.uniform_(network.weight)
            nn.init.uniform_(network.bias)
        share_normalisation(network)
        assert torch.allclose(in_halves(network, image), network(image), atol=1e-5)


def test_halves_of_a_picture_have_its_attention():
    network, image = OfPixels(), torch.rand(1, 3, 12, 20)
    share_channel_attention(network.attention)
    with torch.inference_mode():
        wanted = network(image)
    assert torch.allclose(in_halves(network, image), wanted, atol=1e-5)


def test_alone_a_network_does_what_it_did():
    network, image = Squeeze(), torch.rand(1, 3, 12, 20)
    before = network(image)
    share_pooling(network.pool)
    assert torch.equal(network(image), before)


def test_a_module_that_runs_twice_has_two_means():
    squeeze = Squeeze()
    share_pooling(squeeze.pool)
    network, image = nn.Sequential(squeeze, squeeze), torch.rand(1, 3, 12, 20)
    assert torch.allclose(in_halves(network, image, 0), network(image), atol=1e-2)
    statistics = SharedStatistics()
    statistics.around(network, Region.whole((12, 20)))(image)
    statistics.share()
    again = statistics.around(network, Region.whole((12, 20)))(image)
    assert torch.allclose(again, network(image), atol=1e-6)


def test_a_tile_that_is_not_finite_counts_for_nothing():
    network, image = Squeeze(), torch.rand(1, 3, 8, 8)
    share_pooling(network.pool)
    statistics, all_of_it = SharedStatistics(), Region.whole((8, 8))
    statistics.around(network, all_of_it)(torch.full_like(image, torch.nan))
    statistics.around(network, all_of_it)(image)
    statistics.share()
    assert torch.allclose(statistics.around(network, all_of_it)(image), network(image), atol=1e-6)
