"""EDSR beside a form that is written out layer by layer."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - PyTorch's own usage

from srcli.networks.edsr import SPEC, Edsr, EdsrConfig

MEAN = (0.4488, 0.4371, 0.4040)


@pytest.mark.parametrize("scale", [2, 3, 4])
@pytest.mark.parametrize("rgb_range", [1.0, 255.0])
def test_the_network_is_that_of_the_paper(scale: int, rgb_range: float) -> None:
    torch.manual_seed(0)
    config = EdsrConfig(scale=scale, blocks=3, channels=6, residual_scale=0.3, rgb_range=rgb_range)
    network = Edsr(config).double()
    weights = network.state_dict()

    def convolved(name: str, picture: Tensor) -> Tensor:
        return F.conv2d(picture, weights[f"{name}.weight"], weights[f"{name}.bias"], padding=1)

    picture = torch.rand(2, 3, 5, 4, dtype=torch.float64)
    mean = rgb_range * torch.tensor(MEAN).double().view(1, 3, 1, 1)
    shallow = convolved("encoder.head.0", rgb_range * picture - mean)
    deep = shallow
    for block in range(3):
        inner = convolved(f"encoder.body.{block}.body.0", deep).clamp(min=0)
        deep = deep + 0.3 * convolved(f"encoder.body.{block}.body.2", inner)
    features = convolved("encoder.body.3", deep) + shallow
    for place, factor in {2: [(0, 2)], 3: [(0, 3)], 4: [(0, 2), (2, 2)]}[scale]:
        features = F.pixel_shuffle(convolved(f"tail.0.{place}", features), factor)
    expected = (convolved("tail.1", features) + mean) / rgb_range
    with torch.inference_mode():
        torch.testing.assert_close(network(picture), expected, atol=1e-6, rtol=1e-6)


def test_the_baseline_does_not_scale_its_residuals_and_the_paper_does() -> None:
    assert {name: preset.residual_scale for name, preset in SPEC.presets.items()} == {
        "paper": 0.1,
        "baseline": 1.0,
    }
