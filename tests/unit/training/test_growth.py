from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from srcli.networks import asdn
from srcli.networks.asdn import LocalAsdn
from srcli.networks.vdsr import Vdsr, VdsrConfig
from srcli.training.config import TrainConfig
from srcli.training.growth import grow
from srcli.usecases.train import train
from srcli.usecases.train_request import TrainRequest
from srcli.weights.formats.checkpoint import Header, load_model, save_model

LARGER = {"width": 11, "blocks": 3, "upper_blocks": 4}


def trained(layers: int, channels: int = 8) -> Vdsr:
    """A network whose biases and last layer are not as they start."""
    torch.manual_seed(layers)
    network = Vdsr(VdsrConfig(layers=layers, channels=channels)).eval()
    for layer in network.layers:
        torch.nn.init.normal_(layer.get_parameter("bias"), std=0.2)
    torch.nn.init.normal_(network.layers[-1].get_parameter("weight"), std=0.2)
    return network


@pytest.mark.parametrize(("shallow", "deep"), [(2, 3), (2, 20), (5, 10), (10, 20)])
def test_a_grown_network_computes_what_the_shallow_one_does(shallow, deep):
    source, network = trained(shallow), trained(deep)
    image = torch.rand(2, 3, 23, 31)
    with torch.inference_mode():
        expected = source(image, 2.0)
        assert (expected - image).abs().max() > 0.05
        assert not torch.equal(network(image, 2.0), expected)
        assert grow(network, source)
        assert torch.equal(network(image, 2.0), expected)


def test_layers_that_were_added_learn():
    source, network = trained(3), trained(6)
    assert grow(network, source)
    network(torch.rand(1, 3, 16, 16), 2.0).square().sum().backward()
    assert all(parameter.grad.abs().sum() > 0 for parameter in network.parameters())


def asdn_of(**sizes: int) -> LocalAsdn:
    """A small local ASDN up to ratio 4 whose heads are not as they start."""
    torch.manual_seed(sum(sizes.values()))
    config = replace(asdn.WIDE, **{"width": 8, "blocks": 2, "upper_blocks": 2, **sizes})
    network = LocalAsdn(config).eval()
    for name, parameter in network.named_parameters():
        if "head" in name or "second" in name:
            torch.nn.init.normal_(parameter, std=0.1)
    return network


@pytest.mark.parametrize("sizes", [{"width": 11}, {"blocks": 3, "upper_blocks": 4}, LARGER])
@pytest.mark.parametrize("ratio", [1.7, 2.0, 3.0, 4.0])
def test_a_wider_and_deeper_asdn_computes_what_the_small_one_does(sizes, ratio):
    source, network = asdn_of(), asdn_of(**sizes)
    image = torch.rand(2, 3, 24, 36)
    with torch.inference_mode():
        expected = source(image, ratio)
        assert (expected - image).abs().max() > 0.05
        assert (network(image, ratio) - expected).abs().max() > 0.05
        assert grow(network, source)
        assert (network(image, ratio) - expected).abs().max() < 1e-5


def test_channels_and_blocks_that_were_added_learn():
    source, network = asdn_of(), asdn_of(**LARGER)
    assert grow(network, source)
    optimizer = torch.optim.SGD(network.parameters(), 1e-2)
    for _ in range(3):
        optimizer.zero_grad()
        for ratio in (1.75, 3.0, 4.0):
            network(torch.rand(1, 3, 24, 24), ratio).square().mean().backward()
        optimizer.step()
    kernels = [(n, p) for n, p in network.named_parameters() if p.ndim > 1 and "heads" not in n]
    assert len(kernels) == 2 * (3 + 4 + 2) + 5
    for name, kernel in kernels:
        assert (kernel.grad.abs().sum((1, 2, 3)) > 0).all(), name
        assert (kernel.grad.abs().sum((0, 2, 3)) > 0).all(), name


@pytest.mark.parametrize("sizes", [{}, {"width": 7}, {"width": 9, "blocks": 1}, {"levels": 3}])
def test_an_asdn_that_is_not_larger_is_not_grown(sizes):
    network = asdn_of(**sizes)
    before = {key: value.clone() for key, value in network.state_dict().items()}
    assert not grow(network, asdn_of())
    assert all(torch.equal(value, before[key]) for key, value in network.state_dict().items())


@pytest.mark.parametrize(
    "source", [trained(6), trained(7), trained(3, channels=9)], ids=["same", "deeper", "wider"]
)
def test_any_other_network_is_not_grown(source):
    network = trained(6)
    before = {key: value.clone() for key, value in network.state_dict().items()}
    assert not grow(network, source)
    assert all(torch.equal(value, before[key]) for key, value in network.state_dict().items())


def test_a_run_begins_with_the_grown_network(tmp_path: Path):
    noise = np.random.default_rng(0).integers(0, 256, (256, 256, 3), dtype=np.uint8)
    (tmp_path / "hr").mkdir()
    Image.fromarray(noise).save(tmp_path / "hr/noise.png")
    source = trained(3, channels=64)
    header = Header(network="vdsr", config=source.config)
    path = tmp_path / "shallow.safetensors"
    save_model(path, source.state_dict(), header)
    request = TrainRequest(
        config=TrainConfig(network="vdsr", preset="5-layers", steps=1, batch=1, patch=48),
        data=tmp_path / "hr",
        val=tmp_path / "hr",
        out=tmp_path / "run",
        init=path,
        max_minutes=0,
    )
    grown = load_model(train(request, lambda _: None)).network
    image = torch.rand(1, 3, 16, 16)
    with torch.inference_mode():
        assert torch.equal(grown(image, 2.0), source(image, 2.0))
