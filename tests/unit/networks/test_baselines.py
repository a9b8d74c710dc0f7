"""What the baselines of papers have in common: their sizes, and how far they see."""

from __future__ import annotations

import pytest
import torch

from srcli.networks.carn import CarnConfig
from srcli.networks.catalog import NETWORKS
from srcli.networks.dbpn import DbpnConfig
from srcli.networks.edsr import EdsrConfig
from srcli.networks.lapsrn import LapsrnConfig
from srcli.networks.liif import LiifConfig
from srcli.networks.metasr import MetasrConfig
from srcli.networks.rdn import RdnConfig
from srcli.networks.spec import FixedScaleNetwork

COUNTS = {
    ("carn", "paper"): {2: 964_163, 3: 1_148_803, 4: 1_111_875},
    ("carn", "m"): {2: 257_027, 3: 303_427, 4: 294_147},
    ("dbpn", "paper"): {2: 5_953_526, 4: 10_426_358, 8: 23_205_878},
    ("dbpn", "ll"): {2: 8_811_086, 4: 15_348_302, 8: 34_026_062},
    ("dbpn", "s"): {2: 341_518, 4: 599_566, 8: 1_336_846},
    ("edsr", "paper"): {2: 40_729_603, 3: 43_680_003, 4: 43_089_923},
    ("edsr", "baseline"): {2: 1_369_859, 3: 1_554_499, 4: 1_517_571},
    ("imdn", "paper"): {2: 694_404, 3: 703_059, 4: 715_176},
    ("lapsrn", "paper"): {2: 407_441, 4: 814_242, 8: 1_221_043},
    ("lapsrn", "depth-5"): {2: 222_801, 4: 444_962, 8: 667_123},
    ("liif", "edsr"): dict.fromkeys((2, 3, 4, 6, 8), 1_567_299),
    ("liif", "rdn"): dict.fromkeys((2, 3, 4, 6, 8), 22_320_835),
    ("metasr", "paper"): dict.fromkeys((2, 3, 4), 22_419_072),
    ("metasr", "a"): dict.fromkeys((2, 3, 4), 5_912_192),
    ("rdn", "paper"): {2: 22_123_395, 3: 22_308_035, 4: 22_271_107},
    ("rdn", "a"): {2: 5_541_795, 3: 5_634_115, 4: 5_578_787},
    ("rlfn", "paper"): {2: 526_856, 3: 533_891, 4: 543_740},
    ("rlfn", "s"): {2: 454_620, 3: 461_115, 4: 470_208},
    ("rlfn", "ntire"): {2: 302_278, 3: 308_503, 4: 317_218},
}
TINY_DENSE = {"blocks": 2, "layers": 2, "growth": 2, "channels": 2}
TINY = [
    *(("carn", CarnConfig(scale=scale, channels=4)) for scale in (2, 3, 4)),
    ("carn", CarnConfig(scale=2, channels=4, groups=2, efficient=True)),
    *(("dbpn", DbpnConfig(scale=s, stages=3, channels=2, features=2)) for s in (2, 4, 8)),
    *(("edsr", EdsrConfig(scale=scale, blocks=2, channels=2)) for scale in (2, 3, 4)),
    *(("lapsrn", LapsrnConfig(scale=scale, depth=3, channels=2)) for scale in (2, 4, 8)),
    *(("liif", LiifConfig(scale=s, blocks=1, channels=2, hidden=4)) for s in (2, 3, 4)),
    ("liif", LiifConfig(scale=2, hidden=4, **TINY_DENSE)),
    *(("metasr", MetasrConfig(scale=scale, **TINY_DENSE)) for scale in (2, 3, 4)),
    *(("rdn", RdnConfig(scale=scale, **TINY_DENSE)) for scale in (2, 3, 4)),
]


@pytest.mark.parametrize(("network", "preset"), COUNTS)
def test_a_preset_has_the_parameters_that_the_head_of_its_file_states(network, preset):
    spec = NETWORKS[network]
    found = {}
    for scale in spec.scales:
        with torch.device("meta"):
            built = spec.build(spec.configure(preset, scale))
        found[scale] = sum(parameter.numel() for parameter in built.parameters())
    assert found == COUNTS[network, preset]


@pytest.mark.parametrize(("name", "config"), TINY, ids=lambda value: str(value)[:60])
def test_it_sees_as_far_as_it_says_and_no_farther(name, config):
    torch.manual_seed(0)
    network = NETWORKS[name].build(config).double()
    assert isinstance(network, FixedScaleNetwork)
    for key, parameter in network.named_parameters():
        if not key.startswith("levels") or "picture" not in key:
            torch.nn.init.uniform_(parameter, 0.05, 0.1)
    radius, scale = network.traits.receptive_radius, config.scale
    assert radius is not None
    middle = radius + 2
    side = 2 * middle + 1
    seen = torch.zeros(side, side, dtype=torch.bool)
    for phase in range(scale):
        image = torch.rand(1, 3, side, side, dtype=torch.float64, requires_grad=True)
        row = middle * scale + phase
        network(image)[..., row, row].sum().backward()
        assert image.grad is not None
        seen |= image.grad.abs().sum((0, 1)) > 0
    rows = seen.any(1).nonzero().flatten()
    columns = seen.any(0).nonzero().flatten()
    reach = int(max((rows - middle).abs().max(), (columns - middle).abs().max()))
    assert radius - 2 <= reach <= radius


@pytest.mark.parametrize(("network", "scale"), [("edsr", 5), ("rdn", 6), ("lapsrn", 3)])
def test_a_scale_that_a_network_cannot_have_is_refused(network, scale):
    spec = NETWORKS[network]
    config = spec.config(scale=scale)
    with pytest.raises(ValueError, match=str(scale)), torch.device("meta"):
        spec.build(config)
