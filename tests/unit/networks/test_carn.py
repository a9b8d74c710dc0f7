"""CARN beside a form that is written out stage by stage."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - PyTorch's own usage

from srcli.networks.carn import SPEC, Carn, CarnConfig, Cascade, ResidualBlock


def convolved(layer: torch.nn.Conv2d, picture: Tensor) -> Tensor:
    groups = picture.shape[1] // layer.weight.shape[1]
    side = layer.weight.shape[-1]
    return F.conv2d(picture, layer.weight, layer.bias, padding=side // 2, groups=groups)


def residual(block: ResidualBlock, x: Tensor) -> Tensor:
    made = convolved(block.body[0], x).clamp(min=0)
    made = convolved(block.body[2], made)
    if len(block.body) > 3:
        made = convolved(block.body[4], made.clamp(min=0))
    return (made + x).clamp(min=0)


def cascaded(cascade: Cascade, x: Tensor) -> Tensor:
    step = cascaded if isinstance(cascade.stages[0], Cascade) else residual
    a, b, c = cascade.stages if len(cascade.stages) == 3 else [cascade.stages[0]] * 3
    first = step(a, x)
    one = convolved(cascade.fusions[0], torch.cat((x, first), 1)).clamp(min=0)
    second = step(b, one)
    two = convolved(cascade.fusions[1], torch.cat((x, first, second), 1)).clamp(min=0)
    third = step(c, two)
    return convolved(cascade.fusions[2], torch.cat((x, first, second, third), 1)).clamp(min=0)


@pytest.mark.parametrize("scale", [2, 3, 4])
@pytest.mark.parametrize("efficient", [True, False])
def test_the_network_is_that_of_the_paper(scale: int, efficient: bool) -> None:
    torch.manual_seed(0)
    config = CarnConfig(scale=scale, channels=8, groups=4 if efficient else 1, efficient=efficient)
    network = Carn(config).double()
    picture = torch.rand(2, 3, 5, 6, dtype=torch.float64)
    mean = torch.tensor([0.4488, 0.4371, 0.4040]).double().view(1, 3, 1, 1)
    with torch.inference_mode():
        features = cascaded(network.cascade, convolved(network.entry, picture - mean))
        for place, factor in zip((0, 3), {2: [2], 3: [3], 4: [2, 2]}[scale], strict=False):
            features = convolved(network.upsample[place], features).clamp(min=0)
            features = F.pixel_shuffle(features, factor)
        expected = convolved(network.exit, features) + mean
        torch.testing.assert_close(network(picture), expected, atol=1e-6, rtol=1e-6)


@pytest.mark.parametrize(
    ("preset", "all_scales", "biases"), [("paper", 1_591_939, None), ("m", 414_787, 2_755)]
)
def test_with_the_upsamplers_of_all_scales_it_has_the_size_of_the_paper(
    preset: str, all_scales: int, biases: int | None
) -> None:
    found = {}
    for scale in SPEC.scales:
        with torch.device("meta"):
            found[scale] = SPEC.build(SPEC.configure(preset, scale))
    rest = {n: p for n, p in found[2].named_parameters() if not n.startswith("upsample.")}
    tails = [p for net in found.values() for n, p in net.named_parameters() if n[:9] == "upsample."]
    assert sum(p.numel() for p in (*rest.values(), *tails)) == all_scales
    if biases:
        assert sum(p.numel() for p in (*rest.values(), *tails) if p.ndim == 1) == biases
