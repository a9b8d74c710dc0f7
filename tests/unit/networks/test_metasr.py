"""Meta-SR beside a form that predicts a kernel for every single sample."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - PyTorch's own usage

from srcli.networks.metasr import SPEC, Metasr, MetasrConfig

MEAN = (0.4488, 0.4371, 0.4040)


def predicted(network: Metasr, position: list[float]) -> Tensor:
    """Return the weights (9 C, 3) of a sample."""
    weights = network.state_dict()
    inner = weights["predictor.0.weight"] @ torch.tensor(position, dtype=torch.float64)
    inner = (inner + weights["predictor.0.bias"]).clamp(min=0)
    return (weights["predictor.2.weight"] @ inner + weights["predictor.2.bias"]).view(-1, 3)


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_every_sample_has_the_kernel_of_its_place(scale: int) -> None:
    torch.manual_seed(0)
    config = MetasrConfig(scale=scale, blocks=2, layers=2, growth=2, channels=4)
    network = Metasr(config).double()
    picture = torch.rand(1, 3, 4, 3, dtype=torch.float64)
    mean = 255 * torch.tensor(MEAN).double()
    with torch.inference_mode():
        features = network.encoder(255 * picture - mean.view(1, 3, 1, 1))
        around = F.unfold(features, 3, padding=1)[0].view(-1, 4, 3)
        output = network(picture)[0]
        for row in range(4 * scale):
            for column in range(3 * scale):
                position = [1 / scale, row / scale - row // scale, column / scale - column // scale]
                values = around[:, row // scale, column // scale]
                expected = (values @ predicted(network, position) + mean) / 255
                torch.testing.assert_close(output[:, row, column], expected, atol=1e-6, rtol=1e-6)


def test_one_set_of_weights_serves_every_scale() -> None:
    with torch.device("meta"):
        states = [SPEC.build(SPEC.configure("paper", s)).state_dict() for s in SPEC.scales]
    shapes = [{name: value.shape for name, value in state.items()} for state in states]
    assert all(found == shapes[0] for found in shapes)
