"""DBPN beside a form in which units and their joined maps are written out."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - PyTorch's own usage

from srcli.networks.dbpn import Dbpn, DbpnConfig


@pytest.mark.parametrize(("scale", "kernel"), [(2, 6), (4, 8), (8, 12)])
def test_the_network_is_that_of_the_paper(scale: int, kernel: int) -> None:
    torch.manual_seed(0)
    network = Dbpn(DbpnConfig(scale=scale, stages=4, channels=3, features=5)).double()
    for name, parameter in network.named_parameters():
        if ".act." in name:
            torch.nn.init.uniform_(parameter, 0.1, 0.5)
    weights = network.state_dict()
    assert weights["up1.up_conv1.deconv.weight"].shape == (3, 3, kernel, kernel)

    def activated(name: str, values: Tensor) -> Tensor:
        return torch.where(values > 0, values, weights[f"{name}.act.weight"] * values)

    def small(name: str, values: Tensor, *, pad: int, step: int = 1) -> Tensor:
        kernel, bias = weights[f"{name}.conv.weight"], weights[f"{name}.conv.bias"]
        return activated(name, F.conv2d(values, kernel, bias, stride=step, padding=pad))

    def large(name: str, values: Tensor) -> Tensor:
        kernel, bias = weights[f"{name}.deconv.weight"], weights[f"{name}.deconv.bias"]
        made = F.conv_transpose2d(values, kernel, bias, stride=scale, padding=2)
        return activated(name, made)

    def up(name: str, *maps: Tensor) -> Tensor:
        x = small(f"{name}.conv", torch.cat(maps, 1), pad=0) if len(maps) > 1 else maps[0]
        h0 = large(f"{name}.up_conv1", x)
        l0 = small(f"{name}.up_conv2", h0, pad=2, step=scale)
        return h0 + large(f"{name}.up_conv3", l0 - x)

    def down(name: str, *maps: Tensor) -> Tensor:
        x = small(f"{name}.conv", torch.cat(maps, 1), pad=0) if len(maps) > 1 else maps[0]
        l0 = small(f"{name}.down_conv1", x, pad=2, step=scale)
        h0 = large(f"{name}.down_conv2", l0)
        return l0 + small(f"{name}.down_conv3", h0 - x, pad=2, step=scale)

    picture = torch.rand(1, 3, 4, 5, dtype=torch.float64)
    features = small("feat1", small("feat0", picture, pad=1), pad=0)
    h1 = up("up1", features)
    l1 = down("down1", h1)
    h2 = up("up2", l1)
    l2 = down("down2", h2, h1)
    h3 = up("up3", l2, l1)
    l3 = down("down3", h3, h2, h1)
    h4 = up("up4", l3, l2, l1)
    kernel_of_all, bias = weights["output_conv.conv.weight"], weights["output_conv.conv.bias"]
    expected = F.conv2d(torch.cat((h4, h3, h2, h1), 1), kernel_of_all, bias, padding=1)
    with torch.inference_mode():
        torch.testing.assert_close(network(picture), expected)
