"""RDN beside a form in which all that is dense is joined by hand."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - PyTorch's own usage

from srcli.networks.rdn import Rdn, RdnConfig


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_the_network_is_that_of_the_paper(scale: int) -> None:
    torch.manual_seed(0)
    network = Rdn(RdnConfig(scale=scale, blocks=2, layers=3, growth=5, channels=4)).double()
    weights = network.state_dict()

    def convolved(name: str, picture: Tensor) -> Tensor:
        kernel, bias = weights[f"{name}.weight"], weights[f"{name}.bias"]
        return F.conv2d(picture, kernel, bias, padding=kernel.shape[-1] // 2)

    picture = torch.rand(2, 3, 5, 4, dtype=torch.float64)
    first = convolved("encoder.SFENet1", 255 * picture)
    features, outputs = convolved("encoder.SFENet2", first), []
    for block in range(2):
        name = f"encoder.RDBs.{block}"
        maps = [features]
        for layer in range(3):
            joined = torch.cat(maps, 1)
            assert joined.shape[1] == 4 + 5 * layer
            maps.append(convolved(f"{name}.convs.{layer}.conv.0", joined).clamp(min=0))
        features = convolved(f"{name}.LFF", torch.cat(maps, 1)) + features
        outputs.append(features)
    fused = convolved("encoder.GFF.1", convolved("encoder.GFF.0", torch.cat(outputs, 1))) + first
    for place, factor in {2: [(0, 2)], 3: [(0, 3)], 4: [(0, 2), (2, 2)]}[scale]:
        fused = F.pixel_shuffle(convolved(f"UPNet.{place}", fused), factor)
    expected = convolved(f"UPNet.{4 if scale == 4 else 2}", fused) / 255
    with torch.inference_mode():
        torch.testing.assert_close(network(picture), expected)
