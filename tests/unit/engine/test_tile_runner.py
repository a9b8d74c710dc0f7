"""What a network's traits ask of its tiles."""

from dataclasses import replace

import pytest
import torch
from torch import nn

from srcli.engine.device import Compute
from srcli.engine.network_runner import NetworkRunner, UpscaleOptions
from srcli.networks.spec import FixedScaleNetwork, FixedScaleTraits
from srcli.networks.statistics import share_pooling

CPU = Compute(device=torch.device("cpu"))
WHOLE = 1000


class Told(FixedScaleNetwork):
    """Says what it is told to say."""

    def __init__(self, **traits) -> None:
        super().__init__()
        self.told = FixedScaleTraits(**{"scale": 1, "receptive_radius": None, **traits})

    @property
    def traits(self) -> FixedScaleTraits:
        return self.told


class Windows(Told):
    """Gives each sample the mean of its window of eight by eight."""

    def forward(self, image_B3HW):
        height, width = image_B3HW.shape[2:]
        below, right = -height % 8, -width % 8
        filled = nn.functional.pad(image_B3HW, (0, right, 0, below), mode="replicate")
        means = nn.functional.avg_pool2d(filled, 8)
        return means.repeat_interleave(8, 2).repeat_interleave(8, 3)[..., :height, :width]


class Brightest(Told):
    """Divides by the means of its input."""

    def __init__(self, **traits) -> None:
        super().__init__(shares_statistics=True, **traits)
        self.pool = nn.AdaptiveAvgPool2d(1)
        share_pooling(self.pool)

    def forward(self, image_B3HW):
        return image_B3HW / self.pool(image_B3HW) / 4


class SpoiltEdges(Told):
    """Makes something else along the borders of its input, as zeros beyond them do."""

    def forward(self, image_B3HW):
        made = image_B3HW.clone()
        for edge in (made[..., :8, :], made[..., -8:, :], made[..., :8], made[..., -8:]):
            edge.fill_(0)
        return made


class NothingLarger(Told):
    """Takes up to so many samples a side."""

    def forward(self, image_B3HW):
        assert max(image_B3HW.shape[2:]) <= self.told.maximum_size
        return image_B3HW


def run(network, picture, tile, **options):
    size = picture.shape[2], picture.shape[3]
    return NetworkRunner(network, CPU, UpscaleOptions(tile=tile, **options))(picture, size, ratio=1)


@pytest.mark.parametrize("pad_border", [False, True])
@pytest.mark.parametrize("tile", [32, 37, 50])
def test_tiles_begin_where_windows_do(tile, pad_border):
    picture = torch.rand(1, 3, 101, 90)
    network = Windows(window=8, overlap=8)
    whole = run(network, picture, WHOLE, pad_border=pad_border)
    assert torch.allclose(run(network, picture, tile, pad_border=pad_border), whole, atol=1e-6)
    blind = Windows(window=1, overlap=11)
    assert not torch.allclose(run(blind, picture, tile, pad_border=pad_border), whole, atol=1e-2)


@pytest.mark.parametrize("ensemble", [False, True])
@pytest.mark.parametrize("pad_border", [False, True])
def test_tiles_share_the_statistics_of_the_picture(ensemble, pad_border):
    picture = torch.rand(1, 3, 90, 80) * torch.linspace(0.2, 1, 80)
    options = {"ensemble": ensemble, "pad_border": pad_border}
    network = Brightest(overlap=8)
    whole = run(network, picture, WHOLE, **options)
    # of the symmetries of an ensemble, what tiles overlap by counts more than once
    near = 0.05 if ensemble else 1e-5
    assert (run(network, picture, 32, **options) - whole).abs().max() < near
    network.told = replace(network.told, shares_statistics=False)
    assert (run(network, picture, 32, **options) - whole).abs().max() > 0.1


def test_a_round_for_statistics_is_announced():
    class Sum:
        total = done = 0

        def begin(self, total):
            self.total = total

        def advance(self, amount):
            self.done += amount

    for tile, rounds in ((32, 2), (WHOLE, 1)):
        progress = Sum()
        runner = NetworkRunner(Brightest(), CPU, UpscaleOptions(tile=tile))
        picture = torch.rand(1, 3, 70, 60)
        passes = runner.plan_passes((70, 60), (70, 60), 1.0)
        runner.run_passes(picture, passes, progress)
        assert progress.total == progress.done == rounds * 70 * 60


def test_edges_of_tiles_are_left_out():
    picture = torch.rand(1, 3, 100, 100) / 2 + 0.5
    inner = (..., slice(8, -8), slice(8, -8))
    for edge, is_clean in ((8, True), (0, False)):
        made = run(SpoiltEdges(overlap=16, edge=edge), picture, 40)
        assert torch.allclose(made[inner], picture[inner], atol=1e-5) == is_clean


@pytest.mark.parametrize("side", [40, 64])
@pytest.mark.parametrize("pad_border", [False, True])
def test_no_tile_is_larger_than_a_network_takes(side, pad_border):
    picture = torch.rand(1, 3, 130, 70)
    network = NothingLarger(maximum_size=side, overlap=side // 4)
    for borders in (("symmetric", "symmetric"), ("wrap", "wrap")):
        options = {"pad_border": pad_border, "borders": borders}
        assert torch.allclose(run(network, picture, None, **options), picture, atol=1e-6)


def test_out_of_memory_in_the_first_tile_statistics_are_shared_by_the_smaller_ones():
    class Hungry(Brightest):
        def forward(self, image_B3HW):
            if max(image_B3HW.shape[2:]) > 80:
                raise torch.OutOfMemoryError
            return super().forward(image_B3HW)

    picture = torch.rand(1, 3, 100, 90) * torch.linspace(0.2, 1, 90)
    made = run(Hungry(overlap=8), picture, 128)
    assert (made - run(Brightest(), picture, WHOLE)).abs().max() < 1e-5


def test_a_network_that_is_not_for_half_precision_says_so(caplog):
    half = Compute(device=torch.device("cpu"), dtype=torch.bfloat16)
    runner = NetworkRunner(Windows(reduced=()), half)
    assert runner.compute.dtype == torch.float32
    assert "bfloat16" in caplog.text
    assert NetworkRunner(Windows(), half).compute.dtype == torch.bfloat16


def test_a_network_with_tensors_of_five_axes_runs():
    network = Windows()
    network.register_parameter("volume", nn.Parameter(torch.rand(2, 2, 2, 2, 2)))
    assert run(network, torch.rand(1, 3, 16, 16), None).shape == (1, 3, 16, 16)
