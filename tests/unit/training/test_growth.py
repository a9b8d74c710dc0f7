from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from srcli.networks.vdsr import Vdsr, VdsrConfig
from srcli.training.config import TrainConfig
from srcli.training.growth import grow
from srcli.usecases.train import train
from srcli.usecases.train_request import TrainRequest
from srcli.weights.formats.checkpoint import Header, load_model, save_model


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
