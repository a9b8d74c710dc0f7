import pytest

from srcli.engine.memory import default_tile
from srcli.networks.catalog import NETWORKS
from srcli.networks.spec import NetworkTraits


def test_the_output_of_a_tile_is_about_the_same_at_every_scale():
    sides = {s: default_tile(NetworkTraits(scale=s, receptive_radius=9)) for s in (1, 2, 4)}
    assert sides == {1: 512, 2: 256, 4: 128}


def test_a_network_may_ask_for_smaller_tiles_but_not_for_larger_ones():
    for wanted, given in ((64, 64), (300, 256)):
        traits = NetworkTraits(scale=2, receptive_radius=None, tile=wanted)
        assert default_tile(traits) == given


@pytest.mark.parametrize(("name", "scale"), [("csnln", 2), ("panet", 4), ("panetir", 1)])
def test_networks_that_compare_all_pixels_with_all_others_ask_for_it(name, scale):
    spec = NETWORKS[name]
    assert default_tile(spec.build(spec.configure("light", scale)).traits) == 64
