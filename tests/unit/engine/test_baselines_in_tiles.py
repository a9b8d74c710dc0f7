"""Baselines whose reach is finite give the same in tiles as in one piece."""

import pytest
import torch

from srcli.engine.device import Compute
from srcli.engine.network_runner import NetworkRunner, UpscaleOptions
from srcli.networks.catalog import NETWORKS
from tests.baselines import TINY

CPU = Compute(device=torch.device("cpu"))


@pytest.mark.parametrize("name", sorted(TINY.keys() - {"imdn", "rlfn"}))
def test_a_sample_does_not_depend_on_the_tile_that_made_it(name):
    torch.manual_seed(0)
    config = TINY[name]
    network = NETWORKS[name].build(config)
    image = torch.rand(1, 3, 61, 47)
    size = (61 * config.scale, 47 * config.scale)
    whole = NetworkRunner(network, CPU, UpscaleOptions(tile=1000))(image, size)
    tiled = NetworkRunner(network, CPU, UpscaleOptions(tile=32))(image, size)
    assert whole.std() > 1e-3
    torch.testing.assert_close(tiled, whole, atol=1e-6, rtol=0)


def test_tiles_share_the_means_of_imdn():
    """Some blocks weigh channels by means that only the whole picture has."""
    torch.manual_seed(0)
    network = NETWORKS["imdn"].build(TINY["imdn"])
    image = torch.rand(1, 3, 96, 80) * torch.linspace(0, 1, 80)
    whole = NetworkRunner(network, CPU, UpscaleOptions(tile=1000))(image, (192, 160))
    tiled = NetworkRunner(network, CPU, UpscaleOptions(tile=48))
    assert (tiled(image, (192, 160)) - whole).abs().max() < 1e-4
    (step,) = tiled.plan_passes((96, 80), (192, 160), 2.0)
    assert tiled.rounds(step) == 2
