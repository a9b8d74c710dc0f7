import contextlib
import itertools
import json
import os
import pickle
from dataclasses import replace

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from srcli.errors import CorruptWeights, WeightsError
from srcli.networks.asdn import AsdnConfig, LocalAsdn
from srcli.networks.catalog import NETWORKS
from srcli.weights.catalog.included import shipped_folder
from srcli.weights.formats.checkpoint import Header, load_model, mismatches, read_header, save_model

TINY = AsdnConfig(blocks=1, width=8, unshuffle=2)


@pytest.fixture
def saved(tmp_path):
    network = LocalAsdn(TINY)
    path = tmp_path / "tiny.safetensors"
    header = Header(network="asdn", config=TINY, origin="a test")
    save_model(path, network.state_dict(), header)
    return path, network, header


def write(path, metadata, tensors=None):
    save_file(tensors or {"x": torch.zeros(1)}, path, metadata=metadata)
    return path


def test_a_file_rebuilds_its_network(saved):
    path, network, header = saved
    model = load_model(path)
    image = torch.rand(1, 3, 8, 6)
    assert model.header == header == read_header(path)
    assert torch.equal(model.network(image, 1.35), network(image, 1.35))


@pytest.mark.parametrize("name", NETWORKS)
def test_every_network_is_rebuilt_from_its_own_file(tmp_path, name):
    spec = NETWORKS[name]
    config = spec.configure(list(spec.presets)[-1], spec.scales[0] if spec.scales else None)
    state = spec.build(config).state_dict()
    save_model(tmp_path / "own.safetensors", state, Header(network=name, config=config))
    model = load_model(tmp_path / "own.safetensors")
    assert model.header.config == config
    assert mismatches(state, model.network.state_dict()) == []


def test_a_loaded_network_can_be_trained(saved):
    network = load_model(saved[0]).network
    network(torch.rand(1, 3, 8, 8), 2.0).sum().backward()
    assert network.get_parameter("stem.weight").grad is not None


@pytest.mark.parametrize(
    "content", [b"", b"not a model", b"\xff" * 64, b"\x00\x00\x00\x80\x00\x00\x00\x00{}"]
)
def test_a_file_that_is_no_safetensors_is_corrupt(tmp_path, content):
    path = tmp_path / "bad.safetensors"
    path.write_bytes(content)
    with pytest.raises(CorruptWeights):
        load_model(path)


def test_a_pickle_is_not_run(tmp_path):
    class Bomb:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "ran"),)

    path = tmp_path / "bomb.safetensors"
    path.write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(CorruptWeights):
        load_model(path)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    "described",
    [
        "no json",
        json.dumps({"format": 1, "network": "unheard-of", "config": {}, "origin": ""}),
        json.dumps({"format": 1, "network": "asdn", "config": {"bogus": 1}, "origin": ""}),
        json.dumps({"format": 1, "network": "asdn"}),
        json.dumps(
            {"format": 99, "network": "asdn", "config": {"blocks": 1, "width": 8}, "origin": ""}
        ),
    ],
)
def test_a_header_that_makes_no_sense_is_corrupt(tmp_path, described):
    path = write(tmp_path / "odd.safetensors", {"srcli": described})
    with pytest.raises(CorruptWeights):
        load_model(path)


def test_a_file_of_another_tool_is_told_apart(tmp_path):
    path = write(tmp_path / "other.safetensors", {})
    with pytest.raises(CorruptWeights, match="does not say which network"):
        read_header(path)
    with pytest.raises(WeightsError, match="spandrel"):
        load_model(path)


def test_tensors_that_do_not_fit_are_listed(saved, tmp_path):
    _, network, header = saved
    state = dict(network.state_dict())
    state["stranger"] = torch.zeros(1)
    state["stem.bias"] = torch.zeros(3)
    del state["stem.weight"]
    path = tmp_path / "misfit.safetensors"
    save_model(path, state, header)
    with pytest.raises(CorruptWeights) as caught:
        load_model(path)
    assert "missing: stem.weight" in caught.value.hint
    assert "extra: stranger" in caught.value.hint
    assert "stem.bias is (3,), not (8,)" in caught.value.hint


def described(**config):
    return {
        "srcli": json.dumps({"format": 1, "network": "asdn", "config": config, "origin": ""}),
    }


@pytest.mark.parametrize(
    "config",
    [
        {"blocks": 4096, "width": 8, "unshuffle": 2},
        {"blocks": 10**9, "width": 8},
        {"blocks": 1, "width": 10**12},
        {"blocks": 1, "width": -8},
        {"blocks": 1, "width": 0},
        {"blocks": "1", "width": 8},
        {"blocks": [1], "width": {}},
        {"blocks": None, "width": None},
        {"blocks": 1.5, "width": 8},
        {"blocks": 1, "width": 8, "unshuffle": 0},
    ],
)
def test_a_configuration_of_a_giant_or_of_nothing_is_refused_soon(tmp_path, config):
    path = write(tmp_path / "giant.safetensors", described(**config))
    with pytest.raises(CorruptWeights):
        load_model(path)


SENSELESS = (None, "2", [2], {}, True, 0, -1, 1e9, float("nan"), float("inf"))
SHIPPED = sorted(shipped_folder().glob("*.safetensors"))


@pytest.mark.parametrize("shipped", SHIPPED, ids=[path.stem for path in SHIPPED])
def test_a_setting_that_makes_no_sense_is_refused_or_does_no_harm(shipped, tmp_path):
    with safe_open(shipped, framework="pt") as file:
        written = json.loads(file.metadata()["srcli"])
    state, path = load_file(shipped), tmp_path / "odd.safetensors"
    for name, value in itertools.product(written["config"], SENSELESS):
        if value is written["config"][name]:
            continue
        config = {**written["config"], name: value}
        write(path, {"srcli": json.dumps({**written, "config": config})}, state)
        with contextlib.suppress(CorruptWeights):
            network = load_model(path).network
            assert (value, getattr(AsdnConfig(blocks=1, width=8), name)) == (0, 0)
            assert network(torch.rand(1, 3, 8, 8), 2.0).isfinite().all()


@pytest.mark.parametrize(
    ("network", "settings"),
    [
        ("panet", {"levels": 0}),
        ("panet", {"residual_scale": "0.1"}),
        ("panetir", {"scale": 2}),
        ("san", {"rgb_range": float("nan")}),
        ("csnln", {"tile": -1}),
    ],
)
def test_a_setting_that_fits_the_tensors_is_refused_all_the_same(tmp_path, network, settings):
    spec = NETWORKS[network]
    config = spec.configure("light", spec.scales[0])
    path = tmp_path / "odd.safetensors"
    odd = replace(config, **settings)
    save_model(path, spec.build(config).state_dict(), Header(network=network, config=odd))
    with pytest.raises(CorruptWeights, match=r"odd\.safetensors"):
        load_model(path)


def test_only_ten_of_very_many_tensors_are_named(saved, tmp_path):
    _, network, header = saved
    extra = {f"stranger.{number}": torch.zeros(1) for number in range(2_000)}
    save_model(tmp_path / "many.safetensors", {**network.state_dict(), **extra}, header)
    with pytest.raises(CorruptWeights) as caught:
        load_model(tmp_path / "many.safetensors")
    assert caught.value.hint.count("stranger") == 10
    assert caught.value.hint.endswith(" and 1,990 more.")


def test_a_file_of_far_too_many_tensors_is_refused_unread(tmp_path):
    kind = {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]}
    header = {"__metadata__": described(blocks=1, width=8)}
    header |= {str(number): kind for number in range(20_001)}
    text = json.dumps(header).encode()
    path = tmp_path / "many.safetensors"
    path.write_bytes(len(text).to_bytes(8, "little") + text)
    with pytest.raises(CorruptWeights, match="has 20,001 tensors"):
        load_model(path)


@pytest.mark.parametrize("key", ["network", "config"])
def test_a_giant_name_in_a_header_is_not_repeated_in_full(tmp_path, key):
    name = "x" * 1_000_000
    odd = {"network": name, "config": {name: 1}}[key]
    told = {"format": 1, "network": "asdn", "config": {}, "origin": "", key: odd}
    path = write(tmp_path / "giant.safetensors", {"srcli": json.dumps(told)})
    with pytest.raises(CorruptWeights) as caught:
        read_header(path)
    assert len(caught.value.hint) < 10_000


def test_weights_without_samples_are_refused_without_a_warning(tmp_path):
    config = {"blocks": 1, "width": 8, "dense_layers": 1, "growth": 0}
    path = write(tmp_path / "hollow.safetensors", described(**config))
    with pytest.raises(CorruptWeights, match="weights of no samples"):
        load_model(path)


@pytest.mark.parametrize("origin", [None, ["a"], 1, "a" * 10_001])
def test_an_origin_that_is_no_text_is_refused(saved, origin):
    path, network, header = saved
    save_model(path, network.state_dict(), replace(header, origin=origin))
    with pytest.raises(CorruptWeights) as caught:
        read_header(path)
    assert caught.value.hint == f"Its origin is {origin!r:.40}."


@pytest.mark.parametrize("length", [1 << 31, 1 << 62, 20_000_000])
def test_a_giant_header_is_refused_unread(tmp_path, length):
    path = tmp_path / "header.safetensors"
    with path.open("wb") as file:
        file.write(length.to_bytes(8, "little") + b"{")
        file.truncate(min(length, 1 << 31) + 8)
    with pytest.raises(CorruptWeights, match="header of"):
        load_model(path)


def test_a_header_nested_without_end_is_refused(tmp_path):
    path = write(tmp_path / "deep.safetensors", {"srcli": "[" * 100_000})
    with pytest.raises(CorruptWeights):
        load_model(path)


def test_whole_numbers_are_no_weights(saved, tmp_path):
    _, network, header = saved
    state = {**network.state_dict(), "stem.bias": torch.zeros(8, dtype=torch.int32)}
    save_model(tmp_path / "whole.safetensors", state, header)
    with pytest.raises(CorruptWeights) as caught:
        load_model(tmp_path / "whole.safetensors")
    assert "stem.bias is of torch.int32" in caught.value.hint


def test_half_precision_is_read_as_single(saved, tmp_path):
    _, network, header = saved
    halves = {name: value.half() for name, value in network.state_dict().items()}
    save_model(tmp_path / "half.safetensors", halves, header)
    loaded = load_model(tmp_path / "half.safetensors").network
    assert all(value.dtype == torch.float32 for value in loaded.parameters())


def test_a_write_that_fails_leaves_nothing(saved, tmp_path):
    _, network, header = saved
    (tmp_path / "taken.safetensors").mkdir()
    with pytest.raises(OSError, match="taken"):
        save_model(tmp_path / "taken.safetensors", network.state_dict(), header)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        *("taken.safetensors", "tiny.safetensors")
    ]


def test_equal_states_have_no_mismatch():
    state = LocalAsdn(TINY).state_dict()
    assert mismatches(state, state) == []
