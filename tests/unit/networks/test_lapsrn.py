"""LapSRN beside a form with plain sums over its deconvolutions."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - PyTorch's own usage

from srcli.networks.lapsrn import SPEC, Lapsrn, LapsrnConfig
from srcli.pixels.color import luma
from srcli.pixels.resize import resize


def leaky(values: Tensor) -> Tensor:
    return torch.where(values > 0, values, 0.2 * values)


def doubled(values: Tensor, kernel: Tensor, bias: Tensor | None, *, crop: int) -> Tensor:
    """Spread each sample by its kernel at every second place, and cut ``crop`` off the start."""
    batch, _, height, width = values.shape
    side = kernel.shape[-1]
    room = values.new_zeros(batch, kernel.shape[1], 2 * height + side, 2 * width + side)
    for y in range(height):
        for x in range(width):
            spread = torch.einsum("bi,iokl->bokl", values[:, :, y, x], kernel)
            room[:, :, 2 * y : 2 * y + side, 2 * x : 2 * x + side] += spread
    cut = room[:, :, crop : crop + 2 * height, crop : crop + 2 * width]
    return cut if bias is None else cut + bias.view(1, -1, 1, 1)


@pytest.mark.parametrize("scale", [2, 4])
def test_the_network_is_that_of_the_paper(scale: int) -> None:
    torch.manual_seed(0)
    network = Lapsrn(LapsrnConfig(scale=scale, depth=2, channels=4)).double()
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    weights = network.state_dict()

    def convolved(name: str, values: Tensor) -> Tensor:
        return F.conv2d(values, weights[f"{name}.weight"], weights[f"{name}.bias"], padding=1)

    image = torch.rand(1, 3, 4, 5, dtype=torch.float64)
    picture = luma(image) / 255
    features = leaky(convolved("first", picture))
    for level in range(scale.bit_length() - 1):
        name = f"levels.{level}"
        for layer in range(2):
            features = leaky(convolved(f"{name}.convolutions.{layer}", features))
        kernel, bias = weights[f"{name}.doubling.weight"], weights[f"{name}.doubling.bias"]
        features = leaky(doubled(features, kernel, bias, crop=0))
        larger = doubled(picture, weights[f"{name}.picture_doubling.weight"], None, crop=1)
        picture = larger + convolved(f"{name}.residual", features)
    with torch.inference_mode():
        output = network(image)
    torch.testing.assert_close(luma(output) / 255, picture)
    chroma = output - resize(image, (4 * scale, 5 * scale))
    torch.testing.assert_close(chroma[:, :1].expand_as(chroma), chroma)


@pytest.mark.parametrize(("scale", "weights"), [(2, 406_672), (4, 812_768)])
def test_it_has_the_weights_of_the_paper(scale: int, weights: int) -> None:
    with torch.device("meta"):
        network = SPEC.build(SPEC.configure("paper", scale))
    assert sum(p.numel() for p in network.parameters() if p.ndim > 1) == weights


def test_a_fresh_network_enlarges_luma_bilinearly() -> None:
    """The authors start so: the first convolution sees almost nothing."""
    torch.manual_seed(0)
    image = torch.full((1, 3, 9, 9), 0.5)
    with torch.inference_mode():
        output = Lapsrn(SPEC.presets["paper"])(image)
    assert (output[..., 4:-4, 4:-4] - 0.5).abs().max() < 0.02
