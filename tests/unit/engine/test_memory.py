import pytest
import torch

from srcli.engine.memory import check_fits, default_tile, output_side, working_bytes
from srcli.engine.recursion import Pass
from srcli.errors import OutOfMemory
from srcli.networks.catalog import NETWORKS
from srcli.networks.spec import FixedScaleTraits


def test_the_output_of_a_tile_is_about_the_same_at_every_scale():
    sides = {s: default_tile(FixedScaleTraits(scale=s, receptive_radius=9)) for s in (1, 2, 4)}
    assert sides == {1: 512, 2: 256, 4: 128}


@pytest.mark.parametrize(
    ("gigabytes", "side"), [(0.5, 512), (4, 1024), (8, 1448), (24, 1536), (141, 1536)]
)
def test_a_gpu_has_larger_tiles_the_more_memory_it_has(monkeypatch, gigabytes, side):
    total = int(gigabytes * 2**30)
    monkeypatch.setattr("torch.cuda.mem_get_info", lambda _: (total // 8, total))
    assert output_side(torch.device("cuda")) == side
    assert output_side(torch.device("cpu")) == 512
    traits = FixedScaleTraits(scale=2, receptive_radius=9)
    assert default_tile(traits, side) == side // 2


def test_a_network_may_ask_for_smaller_tiles_but_not_for_larger_ones():
    for wanted, given in ((64, 64), (300, 256)):
        traits = FixedScaleTraits(scale=2, receptive_radius=None, tile=wanted)
        assert default_tile(traits) == given


@pytest.mark.parametrize(("preset", "tile"), [("paper", 64), ("light", 32)])
@pytest.mark.parametrize(("name", "scale"), [("csnln", 2), ("panet", 4), ("panetir", 1)])
def test_networks_that_compare_all_pixels_with_all_others_ask_for_it(name, scale, preset, tile):
    spec = NETWORKS[name]
    with torch.device("meta"):
        network = spec.build(spec.configure(preset, scale))
    assert default_tile(network.traits) == tile


def test_pictures_between_passes_count_two_at_a_time_and_the_result_does_not():
    steps = [Pass(height=side, width=side, ratio=2.0) for side in (10, 20, 30, 100)]
    assert working_bytes(steps) == 12 * (20 * 20 + 30 * 30)
    assert working_bytes(steps[:2]) == 12 * 10 * 10
    assert working_bytes(steps[:1]) == 0


def test_a_result_that_needs_more_than_is_free_is_refused_with_the_numbers(monkeypatch):
    monkeypatch.setattr("srcli.engine.memory.host_memory", lambda: 10**9)
    check_fits((300, 400), 10**9)
    with pytest.raises(OutOfMemory, match=r"400x300 pixels needs about 1\.2 GB .* 1\.0 GB"):
        check_fits((300, 400), 12 * 10**8)
