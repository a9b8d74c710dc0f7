from __future__ import annotations

import pytest
import torch
from torch import Tensor

from srcli.networks.panet import (
    LIGHT,
    RESTORATION_LIGHT,
    RESTORATION_SPEC,
    SPEC,
    Panet,
    PanetConfig,
    RestorationConfig,
    RestorationPanet,
)
from srcli.networks.spec import SrNetwork

SIZES = pytest.mark.parametrize("size", [(1, 1), (1, 7), (5, 2), (6, 6)])


def tiny(scale: int) -> Panet:
    torch.manual_seed(0)
    return Panet(PanetConfig(scale=scale, blocks=2, channels=8, reduction=4)).eval()


def tiny_restoration(colors: int = 3) -> RestorationPanet:
    torch.manual_seed(0)
    config = RestorationConfig(blocks=4, channels=8, reduction=2, colors=colors)
    return RestorationPanet(config).eval()


def run(network: SrNetwork, image: Tensor) -> Tensor:
    with torch.inference_mode():
        output: Tensor = network(image)
    return output


@pytest.mark.parametrize(("scale", "expected"), [(2, 40_811_870), (3, 43_762_270), (4, 43_172_190)])
def test_the_paper_preset_has_the_papers_size(scale: int, expected: int) -> None:
    with torch.device("meta"):
        network = SPEC.build(SPEC.configure("paper", scale))
    assert sum(tensor.numel() for tensor in network.state_dict().values()) == expected


def test_the_restoration_network_has_the_papers_size_without_its_mean_shifts() -> None:
    with torch.device("meta"):
        network = RESTORATION_SPEC.build(RESTORATION_SPEC.configure("paper", 1))
    assert sum(tensor.numel() for tensor in network.parameters()) == 5_957_279 - 24


def test_the_light_presets_have_the_size_they_state() -> None:
    assert sum(tensor.numel() for tensor in Panet(LIGHT).state_dict().values()) == 442_662
    assert sum(p.numel() for p in RestorationPanet(RESTORATION_LIGHT).parameters()) == 359_503


@SIZES
@pytest.mark.parametrize("scale", [2, 3, 4])
def test_any_size_comes_out_enlarged_by_the_scale(scale: int, size: tuple[int, int]) -> None:
    output = run(tiny(scale), torch.rand(2, 3, *size))
    assert output.shape == (2, 3, scale * size[0], scale * size[1])
    assert output.isfinite().all()


@SIZES
@pytest.mark.parametrize("colors", [1, 3])
def test_restoration_keeps_any_size(colors: int, size: tuple[int, int]) -> None:
    output = run(tiny_restoration(colors), torch.rand(2, 3, *size))
    assert output.shape == (2, 3, *size)
    assert output.isfinite().all()


def test_a_network_of_one_color_restores_luma_and_leaves_chroma() -> None:
    network, image = tiny_restoration(colors=1), torch.rand(1, 3, 5, 6)
    change = run(network, image) - image
    torch.testing.assert_close(change, change[:, :1].expand_as(change))
    assert change.std() > 0


def test_a_network_of_one_color_gives_grey_pictures_its_own_output() -> None:
    network, grey = tiny_restoration(colors=1), torch.rand(1, 1, 5, 6)
    with torch.inference_mode():
        expected = network.tail(network.body(network.head(grey), network.activation))
    torch.testing.assert_close(run(network, grey.expand(1, 3, 5, 6))[:, :1], expected)


def test_all_residual_blocks_of_the_restoration_network_share_one_slope() -> None:
    names = [name for name in tiny_restoration().state_dict() if name.startswith("activation")]
    assert names == ["activation.weight"]
    image, network = torch.rand(1, 3, 5, 5), tiny_restoration()
    before = run(network, image)
    torch.nn.init.constant_(network.activation.weight, 0.9)
    assert not torch.allclose(run(network, image), before, atol=1e-5)


@pytest.mark.parametrize("network", [tiny(2), tiny_restoration()], ids=["sr", "restoration"])
def test_bfloat16_stays_finite(network: SrNetwork) -> None:
    assert run(network.bfloat16(), torch.rand(1, 3, 6, 7).bfloat16()).isfinite().all()
