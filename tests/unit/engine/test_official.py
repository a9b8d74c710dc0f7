import json
from pathlib import Path

import pytest
import torch

from srcli.engine.device import Compute
from srcli.engine.network_runner import NetworkRunner, UpscaleOptions
from srcli.engine.official import plan_official_tiles
from srcli.errors import UsageError
from srcli.networks.catalog import NETWORKS
from srcli.networks.spec import ChopRule

PLANS = Path(__file__).parents[2] / "golden" / "chop"
CASES = [
    (path.stem.removeprefix("chop_plans_"), case)
    for path in sorted(PLANS.glob("*.json"))
    for case in json.loads(path.read_text())
]


@pytest.mark.parametrize(
    ("name", "case"), CASES, ids=[f"{n}-x{c['scale']}-{c['h']}x{c['w']}" for n, c in CASES]
)
def test_tiles_are_those_of_the_authors(name, case):
    spec, scale = NETWORKS[name], case["scale"]
    with torch.device("meta"):
        rule = spec.build(spec.configure("light", scale)).traits.chop
    tiles = plan_official_tiles((case["h"], case["w"]), rule)
    contexts = [(t.context.top, t.context.left, t.context.height, t.context.width) for t in tiles]
    cores = [(t.core.top, t.core.left, t.core.bottom, t.core.right) for t in tiles]
    assert len(tiles) == case["n_leaves"]
    assert max(height * width for *_, height, width in contexts) == case["max_leaf_area"]
    if case["leaves_yxhw"] is not None:
        assert [list(context) for context in contexts] == case["leaves_yxhw"]
    if case["used_out_y0x0y1x1"] is not None:
        assert [[scale * n for n in core] for core in cores] == case["used_out_y0x0y1x1"]


@pytest.mark.parametrize("size", [(1, 1), (5, 40), (19, 19), (64, 48), (131, 97)])
def test_cores_cover_every_pixel_exactly_once(size):
    count = torch.zeros(size)
    for tile in plan_official_tiles(size, ChopRule(largest_area=1600, multiple=2)):
        tile.core.of(count).add_(1)
    assert (count == 1).all()


def test_a_network_without_a_tiling_of_its_authors_is_refused():
    network = NETWORKS["asdn"].build(NETWORKS["asdn"].configure("fast"))
    with pytest.raises(UsageError):
        NetworkRunner(
            network, Compute(device=torch.device("cpu")), UpscaleOptions(official_tiles=True)
        )


def test_the_authors_tiles_do_not_go_round_borders_that_meet():
    network = NETWORKS["san"].build(NETWORKS["san"].configure("light", scale=2))
    options = UpscaleOptions(official_tiles=True, borders=("wrap", "symmetric"))
    with pytest.raises(UsageError, match="do not wrap"):
        NetworkRunner(network, Compute(device=torch.device("cpu")), options)
