from __future__ import annotations

import contextlib
import io
import os
import pickle
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from srcli.errors import CorruptWeights, MissingWeights
from srcli.networks import csnln, panet, san
from srcli.networks.catalog import NETWORKS
from srcli.networks.spec import SrNetwork
from srcli.weights.catalog.card import WeightCard
from srcli.weights.catalog.published import read_sources
from srcli.weights.formats.checkpoint_layout import Config
from srcli.weights.formats.reference_checkpoints import (
    Upstream,
    convert,
    identify,
    published_as,
    read,
)

State = dict[str, Tensor]

CSNLN = csnln.CsnlnConfig(scale=2, recurrences=7, channels=4)
PANET = panet.PanetConfig(scale=2, blocks=4, channels=16)
RESTORATION = panet.RestorationConfig(blocks=4, channels=8, reduction=2)
SAN = san.SanConfig(scale=2, groups=2, blocks=3, channels=16, squeeze=4)

CASES: list[tuple[str, Config]] = [
    *(("csnln", replace(CSNLN, scale=scale)) for scale in (2, 3, 4)),
    ("csnln", replace(CSNLN, recurrences=12, rgb_range=255.0)),
    *(("panet", replace(PANET, scale=scale)) for scale in (2, 3, 4)),
    ("panet", replace(PANET, rgb_range=255.0)),
    ("panetir", RESTORATION),
    ("panetir", replace(RESTORATION, colors=1, blocks=2)),
    *(("san", replace(SAN, scale=scale)) for scale in (2, 3, 4, 8)),
    ("san", replace(SAN, rgb_range=1.0)),
]
BUILD = {
    spec.name: spec.build for spec in (csnln.SPEC, panet.SPEC, panet.RESTORATION_SPEC, san.SPEC)
}


def network_of(name: str, config: Config) -> SrNetwork:
    torch.manual_seed(0)
    return BUILD[name](config)


def as_published(name: str, config: Config) -> State:
    """Our entries under the authors' names, with what their files hold besides."""
    state = dict(network_of(name, config).state_dict())
    noise, floor = torch.randn(3), torch.tensor([1e-4])
    if isinstance(config, csnln.CsnlnConfig):
        state["SEM.multi_source_projection.up_attention.escape_NaN"] = floor
    elif isinstance(config, san.SanConfig):
        state |= {"conv_last.weight": noise, "conv_last.bias": noise, "RG.1.gamma": noise}
        state["non_local.soca.conv_du.0.weight"] = noise
    else:
        attention = f"body.{config.blocks // 2}."
        state[f"{attention}escape_NaN"] = floor
        if isinstance(config, panet.PanetConfig):
            twins = {k.replace(attention, "msa."): v for k, v in state.items()}
            state |= {k: v for k, v in twins.items() if k.startswith("msa.")}
        else:
            slope = state.pop("activation.weight")
            blocks = [i for i in range(config.blocks + 1) if i != config.blocks // 2]
            state |= {f"body.{i}.body.1.weight": slope for i in blocks}
            state |= {"sub_mean.bias": noise, "add_mean.weight": noise}
    return state


@pytest.mark.parametrize(("name", "config"), CASES)
def test_network_and_configuration_are_read_from_names_and_shapes(
    name: str, config: Config
) -> None:
    assert identify(as_published(name, config)) == Upstream(network=name, config=config)


@pytest.mark.parametrize(("name", "config"), CASES)
def test_a_converted_state_is_the_one_that_our_network_loads(name: str, config: Config) -> None:
    expected = network_of(name, config).state_dict()
    converted = convert(as_published(name, config), Upstream(network=name, config=config))
    assert converted.keys() == expected.keys()
    assert all(torch.equal(converted[key], expected[key]) for key in expected)


def test_the_attention_of_panet_may_have_either_name() -> None:
    state = as_published("panet", PANET)
    expected = network_of("panet", PANET).state_dict().keys()
    for dropped in ("msa.", "body.2."):
        rest = {key: tensor for key, tensor in state.items() if not key.startswith(dropped)}
        assert convert(rest, identify(rest)).keys() == expected


def test_where_the_two_names_differ_the_one_in_the_body_wins() -> None:
    state = as_published("panet", PANET)
    state["msa.conv_match.0.bias"] = state["msa.conv_match.0.bias"] + 1
    converted = convert(state, identify(state))
    assert torch.equal(converted["body.2.conv_match.0.bias"], state["body.2.conv_match.0.bias"])


def test_half_precision_is_widened() -> None:
    state = {key: tensor.half() for key, tensor in as_published("csnln", CSNLN).items()}
    assert {t.dtype for t in convert(state, identify(state)).values()} == {torch.float32}


@pytest.mark.parametrize(("name", "config"), [CASES[0], CASES[4], CASES[8], CASES[10]])
def test_whatever_does_not_fit_is_listed(name: str, config: Config) -> None:
    state = as_published(name, config)
    upstream = identify(state)
    misshapen = next(key for key in state if key.startswith("head") and key.endswith("bias"))
    state[misshapen] = torch.zeros(5)
    del state["tail.0.bias" if "tail.0.bias" in state else "tail.1.bias"]
    state["optimizer.step"] = torch.zeros(1)
    with pytest.raises(CorruptWeights) as refused:
        convert(state, upstream)
    assert "missing: tail." in refused.value.message
    assert "extra: optimizer.step" in refused.value.message
    assert f"of the wrong shape: {misshapen} (5,) instead of" in refused.value.message


def test_a_long_list_is_cut() -> None:
    state = as_published("san", SAN)
    upstream = identify(state)
    state |= {f"unheard_of.{i}": torch.zeros(1) for i in range(20)}
    with pytest.raises(CorruptWeights, match=r"extra: unheard_of\.0, .* and 10 more\.$"):
        convert(state, upstream)


def test_a_stray_second_name_is_refused() -> None:
    state = as_published("panet", PANET) | {"msa.unheard_of": torch.zeros(1)}
    with pytest.raises(CorruptWeights, match=r"extra: body\.2\.unheard_of"):
        convert(state, identify(state))


def test_slopes_that_should_be_one_and_differ_are_refused() -> None:
    state = as_published("panetir", RESTORATION)
    state["body.3.body.1.weight"] = torch.tensor([0.7])
    with pytest.raises(CorruptWeights, match=r"extra: body\.3\.body\.1\.weight"):
        convert(state, identify(state))


def test_another_constant_than_the_authors_is_refused() -> None:
    state = as_published("csnln", CSNLN)
    name = "SEM.multi_source_projection.up_attention.escape_NaN"
    state[name] = torch.tensor([1e-2])
    with pytest.raises(CorruptWeights, match=f"not the constant 0.0001: {name}"):
        convert(state, identify(state))


@pytest.mark.parametrize("source", read_sources(), ids=lambda source: source.id)
def test_the_size_that_the_authors_published_is_known(source: WeightCard) -> None:
    if source.community:
        return
    preset = source.family.removeprefix(source.network).removeprefix("-") or "paper"
    config = NETWORKS[source.network].configure(preset, source.scale)
    assert published_as(Upstream(network=source.network, config=config)) == source.id


@pytest.mark.parametrize("network", ["csnln", "panet", "panetir", "san"])
def test_a_size_of_ours_is_none_of_the_authors(network: str) -> None:
    config = NETWORKS[network].configure("light", NETWORKS[network].scales[0])
    assert not published_as(Upstream(network=network, config=config))


def test_the_recurrences_of_the_authors_differ_from_file_to_file() -> None:
    config = csnln.CsnlnConfig(scale=2, recurrences=7)
    assert published_as(Upstream(network="csnln", config=config)) == "csnln-x2"


@pytest.mark.parametrize(("name", "config"), [CASES[0], CASES[4], CASES[8], CASES[10]])
def test_a_file_of_another_scale_than_asked_for_is_refused(name: str, config: Config) -> None:
    state = as_published(name, config)
    assert identify(state, config.scale).config == config
    with pytest.raises(CorruptWeights, match=f"enlarges {config.scale} times, not 5 times"):
        identify(state, 5)


def test_a_file_without_entries_is_said_to_have_none() -> None:
    with pytest.raises(CorruptWeights, match=r"it has no entry\.$"):
        identify({})


def test_another_network_is_refused_by_name() -> None:
    with pytest.raises(
        CorruptWeights, match=r"none of the networks that can be imported: it has conv\.weight"
    ):
        identify({"conv.weight": torch.zeros(1)})


@pytest.mark.parametrize(
    ("name", "config", "key"),
    [
        ("csnln", CSNLN, "SEM.down_sample_1.0.weight"),
        ("san", SAN, "head.0.weight"),
        ("panet", PANET, "tail.0.0.weight"),
    ],
)
def test_a_file_without_what_tells_its_size_is_refused(name: str, config: Config, key: str) -> None:
    state = as_published(name, config)
    for shape in ((3,), (0, 4, 3, 3)):
        with pytest.raises(CorruptWeights, match=f"wrong shape: {key}"):
            identify(state | {key: torch.zeros(shape)})
    del state[key]
    with pytest.raises(CorruptWeights, match=f"missing: {key}"):
        identify(state)


@pytest.mark.parametrize("zipped", [True, False])
def test_a_file_of_either_age_is_read(tmp_path: Path, zipped: bool) -> None:
    path, state = tmp_path / "model_x2.pt", as_published("csnln", CSNLN)
    torch.save(state, path, _use_new_zipfile_serialization=zipped)
    loaded = read(path)
    assert loaded.keys() == state.keys()
    assert all(torch.equal(loaded[key], state[key]) for key in state)


class Hostile:
    """Makes a folder when it is unpickled."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.folder),)


@pytest.mark.parametrize("form", ["zip", "legacy", "bare"])
def test_a_hostile_file_is_refused_and_does_not_run(tmp_path: Path, form: str) -> None:
    path, trace = tmp_path / "model.pt", tmp_path / "ran"
    content = {"head.0.weight": Hostile(trace)}
    if form == "bare":
        path.write_bytes(pickle.dumps(content))
    else:
        torch.save(content, path, _use_new_zipfile_serialization=form == "zip")
    with pytest.raises(CorruptWeights, match="Nothing in it was run") as refused:
        read(path)
    assert refused.value.hint == ""
    assert not trace.exists()
    pickle.loads(pickle.dumps(Hostile(trace)))  # noqa: S301 - shows that it would have run
    assert trace.exists()


@given(cut=st.integers(0, 900), flips=st.lists(st.tuples(st.integers(0, 899), st.integers(0, 255))))
def test_a_damaged_file_is_read_or_refused(cut: int, flips: list[tuple[int, int]]) -> None:
    buffer = io.BytesIO()
    torch.save({"a": torch.ones(2)}, buffer, _use_new_zipfile_serialization=False)
    content = bytearray(buffer.getvalue())
    for position, value in flips:
        content[position % len(content)] = value
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "model.pt")
        path.write_bytes(content[: len(content) - cut % len(content)])
        with contextlib.suppress(CorruptWeights):
            assert all(isinstance(tensor, Tensor) for tensor in read(path).values())


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"not a checkpoint", bytes(200)])
def test_a_file_that_is_no_checkpoint_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "model.pt"
    path.write_bytes(content)
    with pytest.raises(CorruptWeights, match=r"model\.pt is not a readable checkpoint"):
        read(path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MissingWeights, match=r"There is no weights file .*absent\.pt"):
        read(tmp_path / "absent.pt")


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"\n<!DOCTYPE html><html>Sign in", "a web page, not a weights file"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "a pointer of Git LFS"),
    ],
)
def test_what_a_host_gives_in_place_of_a_file_is_named(
    tmp_path: Path, content: bytes, kind: str
) -> None:
    path = tmp_path / "model.pt"
    path.write_bytes(content)
    with pytest.raises(CorruptWeights, match=rf"model\.pt is {kind}"):
        read(path)


@pytest.mark.parametrize(
    "content",
    [
        [torch.zeros(1)],
        {"step": 3},
        {"state_dict": {"a": torch.zeros(1)}},
        {3: torch.zeros(1)},
        {"index": torch.zeros(1, dtype=torch.int64)},
        {"sparse": torch.eye(2).to_sparse()},
        {"swollen": torch.zeros(1).expand(10**12)},
        {"bodiless": torch.zeros(10**12, device="meta")},
    ],
    ids=["list", "number", "nested", "unnamed", "integers", "sparse", "swollen", "bodiless"],
)
def test_a_file_of_anything_but_named_tensors_is_refused(tmp_path: Path, content: object) -> None:
    path = tmp_path / "model.pt"
    torch.save(content, path)
    with pytest.raises(CorruptWeights, match="something other than named tensors"):
        read(path)
