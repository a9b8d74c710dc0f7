"""The checkpoints of baselines, under the names that their authors' code gives to entries."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from srcli.errors import CorruptWeights
from srcli.networks.carn import CarnConfig
from srcli.networks.catalog import NETWORKS
from srcli.networks.dbpn import DbpnConfig
from srcli.networks.edsr import EdsrConfig
from srcli.networks.imdn import ImdnConfig
from srcli.networks.liif import LiifConfig
from srcli.networks.metasr import MetasrConfig
from srcli.networks.rdn import RdnConfig
from srcli.networks.rlfn import RlfnConfig
from srcli.weights.formats.checkpoint_layout import Config
from srcli.weights.formats.importer import import_checkpoint
from srcli.weights.formats.reference_checkpoints import Upstream, convert, identify, published_as
from tests.baselines import State, carn, dbpn, edsr, imdn, liif, metasr, rdn, rlfn

DENSE = {"blocks": 2, "layers": 3, "growth": 5, "channels": 6}
CASES: list[tuple[str, State, Config]] = [
    *(("imdn", imdn(s), ImdnConfig(scale=s)) for s in (2, 3, 4)),
    *(("rlfn", rlfn(s, 52, 52), RlfnConfig(scale=s)) for s in (2, 4)),
    ("rlfn", rlfn(2, 48, 48), RlfnConfig(scale=2, channels=48, inner=48)),
    ("rlfn", rlfn(4, 46, 48, 4), RlfnConfig(scale=4, blocks=4, channels=46, inner=48)),
    ("carn", carn(mobile=False), CarnConfig(scale=4)),
    ("carn", carn(mobile=True), CarnConfig(scale=4, groups=4, efficient=True)),
    *(("carn", carn(mobile=False, scale=s), CarnConfig(scale=s)) for s in (2, 3, 4)),
    *(
        ("edsr", edsr(s), EdsrConfig(scale=s, blocks=3, channels=8, residual_scale=1.0))
        for s in (2, 3, 4)
    ),
    ("edsr", edsr(2, 1, 256), EdsrConfig(scale=2, blocks=1)),
    (
        "edsr",
        edsr(2, span=1.0),
        EdsrConfig(scale=2, blocks=3, channels=8, residual_scale=1.0, rgb_range=1.0),
    ),
    *(("rdn", rdn(s), RdnConfig(scale=s, **DENSE)) for s in (2, 3, 4)),
    ("metasr", metasr(), MetasrConfig(scale=4, **DENSE)),
    ("liif", liif(dense=True), LiifConfig(scale=4, hidden=32, **DENSE)),
    ("liif", liif(dense=False), LiifConfig(scale=4, hidden=32, blocks=3, channels=8)),
    *(("dbpn", dbpn(s, 3), DbpnConfig(scale=s, stages=3, channels=4, features=7)) for s in (2, 8)),
    ("dbpn", dbpn(4, 10), DbpnConfig(scale=4, stages=10, channels=4, features=7)),
]
EVERY = pytest.mark.parametrize(
    ("name", "state", "config"), CASES, ids=[f"{n}-{i}" for i, (n, _, _) in enumerate(CASES)]
)


@EVERY
def test_network_and_configuration_are_read_from_names_and_shapes(
    name: str, state: State, config: Config
) -> None:
    assert identify(state) == Upstream(network=name, config=config)


@EVERY
def test_a_converted_state_fills_our_network_with_the_authors_values(
    name: str, state: State, config: Config
) -> None:
    converted = convert(state, identify(state))
    expected = NETWORKS[name].build(config).state_dict()
    assert {key: value.shape for key, value in converted.items()} == {
        key: value.shape for key, value in expected.items()
    }
    given = {value.double().sum().item() for value in state.values()}
    assert {value.double().sum().item() for value in converted.values()} <= given


@pytest.mark.parametrize("scale", [2, 3, 4])
@pytest.mark.parametrize("mobile", [True, False])
def test_of_the_upsamplers_of_carn_the_one_of_the_scale_is_kept(scale: int, mobile: bool) -> None:
    state = carn(mobile=mobile)
    found = identify(state, scale)
    assert found.config.scale == scale
    converted = convert(state, found)
    for place in ("0", "3") if scale == 4 else ("0",):
        theirs = state[f"upsample.up{scale}.body.{place}.weight"]
        assert torch.equal(converted[f"upsample.{place}.weight"], theirs)
    assert torch.equal(
        converted["cascade.stages.1.stages.0.body.2.weight"], state["b2.b1.body.2.weight"]
    )
    assert torch.equal(converted["cascade.stages.2.fusions.1.bias"], state["b3.c2.body.0.bias"])
    assert torch.equal(converted["cascade.fusions.2.weight"], state["c3.body.0.weight"])
    assert published_as(found) == f"carn{'-m' if mobile else ''}-x{scale}"


def test_a_scale_that_a_file_of_several_does_not_hold_is_refused() -> None:
    for state, held in ((carn(mobile=True), "x2, x3, x4"), (metasr(), "x2, x3, x4")):
        with pytest.raises(CorruptWeights, match=f"no weights for x8, only for {held}"):
            identify(state, 8)
    with pytest.raises(CorruptWeights, match="enlarges 3 times, not 2 times"):
        identify(edsr(3), 2)
    assert identify(liif(dense=True), 8).config.scale == 8


@pytest.mark.parametrize(
    ("network", "preset", "known"),
    [
        ("carn", "paper", "carn-x4"),
        ("dbpn", "ll", "dbpn-ll-x4"),
        ("dbpn", "s", ""),
        ("edsr", "paper", "edsr-x4"),
        ("edsr", "baseline", "edsr-baseline-x4"),
        ("imdn", "paper", "imdn-x4"),
        ("liif", "edsr", "liif-edsr-x4"),
        ("metasr", "paper", "metasr-x4"),
        ("metasr", "a", ""),
        ("rlfn", "s", "rlfn-s-x4"),
    ],
)
def test_a_size_that_the_authors_published_has_an_id(network: str, preset: str, known: str) -> None:
    config = NETWORKS[network].configure(preset, 4)
    assert published_as(Upstream(network=network, config=config)) == known


def test_names_of_parallel_training_are_read(tmp_path: Path) -> None:
    state = dbpn(2, 3)
    torch.save({f"module.{key}": value for key, value in state.items()}, tmp_path / "dbpn.pth")
    imported = import_checkpoint(tmp_path / "dbpn.pth")
    assert torch.equal(imported.state["up3.conv.conv.weight"], state["up3.conv.conv.weight"])


def test_a_file_of_liif_is_read_beside_how_it_was_trained(tmp_path: Path) -> None:
    state = liif(dense=False)
    model = {"name": "liif", "args": {"encoder_spec": {"name": "edsr-baseline"}}, "sd": state}
    torch.save({"model": model, "optimizer": {"name": "adam"}, "epoch": 1000}, tmp_path / "l.pth")
    imported = import_checkpoint(tmp_path / "l.pth", 3)
    assert imported.header.config == LiifConfig(scale=3, hidden=32, blocks=3, channels=8)
    assert torch.equal(imported.state["imnet.layers.8.bias"], state["imnet.layers.8.bias"])
    assert not any("mean" in name for name in imported.state)
