from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - PyTorch's own usage

from srcli.networks.san import LIGHT, SPEC, San, SanConfig

SCALES = pytest.mark.parametrize("scale", [2, 3, 4, 8])


def tiny(scale: int, rgb_range: float = 255.0) -> San:
    torch.manual_seed(0)
    config = SanConfig(
        scale=scale,
        groups=2,
        blocks=1,
        channels=8,
        squeeze=4,
        nonlocal_squeeze=4,
        rgb_range=rgb_range,
    )
    network = San(config).eval()
    for name, parameter in network.named_parameters():
        if name == "gamma" or ".W." in name:
            torch.nn.init.normal_(parameter, std=0.1)
    return network


def run(network: San, image: Tensor) -> Tensor:
    with torch.inference_mode():
        output: Tensor = network(image)
    return output


@pytest.mark.parametrize("scale", [2, 3, 4, 8])
def test_the_paper_preset_has_the_papers_size_without_what_is_unused(scale: int) -> None:
    papers = {2: 15_712_800, 3: 15_897_440, 4: 15_860_512, 8: 16_008_224}
    last_convolution, gammas, region_gate = 64 * 64 * 9 + 64, 20, 2 * 8 * 64 + 8 + 64
    with torch.device("meta"):
        network = SPEC.build(SPEC.configure("paper", scale))
    expected = papers[scale] - last_convolution - gammas - region_gate
    assert sum(parameter.numel() for parameter in network.parameters()) == expected


def test_the_presets_have_the_size_they_state() -> None:
    assert sum(parameter.numel() for parameter in San(LIGHT).parameters()) == 466_943
    with torch.device("meta"):
        paper = San(SPEC.presets["paper"])
    assert sum(parameter.numel() for parameter in paper.parameters()) == 15_674_756


@SCALES
@pytest.mark.parametrize("size", [(1, 1), (1, 9), (3, 5), (5, 4)])
def test_any_size_comes_out_enlarged_by_the_scale(scale: int, size: tuple[int, int]) -> None:
    output = run(tiny(scale), torch.rand(2, 3, *size))
    assert output.shape == (2, 3, scale * size[0], scale * size[1])
    assert output.isfinite().all()


def test_a_side_below_four_is_extended_by_its_border_and_cut() -> None:
    network, image = tiny(2), torch.rand(1, 3, 3, 6)
    expected = run(network, F.pad(image, (0, 0, 0, 1), mode="replicate"))[:, :, :6]
    assert torch.equal(run(network, image), expected)


def test_a_constant_picture_gives_finite_numbers() -> None:
    assert run(tiny(2), torch.full((1, 3, 8, 8), 0.5)).isfinite().all()


@pytest.mark.parametrize("rgb_range", [1.0, 255.0])
def test_the_mean_shift_is_in_the_unit_of_the_weights(rgb_range: float) -> None:
    network = tiny(2, rgb_range=rgb_range)
    for name, parameter in network.named_parameters():
        if name.startswith("tail"):
            torch.nn.init.zeros_(parameter)
    mean = torch.tensor([0.4488, 0.4371, 0.4040]).view(1, 3, 1, 1).expand(1, 3, 10, 10)
    torch.testing.assert_close(run(network, torch.rand(1, 3, 5, 5)), mean)


def test_gamma_adds_the_source_after_every_group() -> None:
    network, image = tiny(2), torch.rand(1, 3, 8, 8)
    before = run(network, image)
    torch.nn.init.zeros_(network.gamma)
    assert not torch.allclose(run(network, image), before, atol=1e-5)


def test_bfloat16_stays_finite() -> None:
    assert run(tiny(2).bfloat16(), torch.rand(1, 3, 6, 7).bfloat16()).isfinite().all()
