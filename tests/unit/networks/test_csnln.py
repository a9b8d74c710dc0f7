from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - PyTorch's own usage

from srcli.networks.csnln import LIGHT, SPEC, Csnln, CsnlnConfig

SCALES = pytest.mark.parametrize("scale", [2, 3, 4])


def tiny(scale: int, recurrences: int = 2) -> Csnln:
    torch.manual_seed(0)
    return Csnln(CsnlnConfig(scale=scale, recurrences=recurrences, channels=4)).eval()


def run(network: Csnln, image: Tensor) -> Tensor:
    with torch.inference_mode():
        output: Tensor = network(image)
    return output


@pytest.mark.parametrize(
    ("preset", "scale", "expected"),
    [("paper", 2, 3_061_289), ("paper", 3, 6_010_409), ("paper", 4, 6_568_627)],
)
def test_the_paper_preset_has_the_papers_size(preset: str, scale: int, expected: int) -> None:
    with torch.device("meta"):
        network = SPEC.build(SPEC.configure(preset, scale))
    assert sum(tensor.numel() for tensor in network.state_dict().values()) == expected


def test_the_light_preset_has_the_size_it_states() -> None:
    assert sum(tensor.numel() for tensor in Csnln(LIGHT).state_dict().values()) == 193_193


@SCALES
@pytest.mark.parametrize("size", [(1, 1), (1, 7), (5, 2), (6, 6)])
def test_any_size_comes_out_enlarged_by_the_scale(scale: int, size: tuple[int, int]) -> None:
    output = run(tiny(scale), torch.rand(2, 3, *size))
    assert output.shape == (2, 3, scale * size[0], scale * size[1])
    assert output.isfinite().all()


@SCALES
def test_an_odd_size_is_extended_by_its_border_and_cut(scale: int) -> None:
    network, image = tiny(scale), torch.rand(1, 3, 7, 5)
    extended = F.pad(image, (0, 1, 0, 2 if scale == 3 else 1), mode="replicate")
    expected = run(network, extended)[..., : 7 * scale, : 5 * scale]
    assert torch.equal(run(network, image), expected)


def test_every_recurrence_has_its_share_of_the_output() -> None:
    network, image = tiny(2, recurrences=3), torch.rand(1, 3, 6, 6)
    expected = run(network, image)
    for recurrence in range(3):
        changed = tiny(2, recurrences=3)
        weight = changed.tail[0].get_parameter("weight")
        with torch.no_grad():
            weight[:, 4 * recurrence : 4 * recurrence + 4] = 0
        assert not torch.allclose(run(changed, image), expected, atol=1e-5)


def test_the_value_range_is_that_of_the_weights() -> None:
    network = Csnln(CsnlnConfig(scale=2, recurrences=1, channels=4, rgb_range=255.0)).eval()
    for parameter in network.parameters():
        torch.nn.init.zeros_(parameter)
    mean = torch.tensor([0.4488, 0.4371, 0.4040]).view(1, 3, 1, 1).expand(1, 3, 4, 4)
    torch.testing.assert_close(run(network, torch.rand(1, 3, 2, 2)), mean)


@SCALES
def test_bfloat16_stays_finite(scale: int) -> None:
    network = tiny(scale).bfloat16()
    assert run(network, torch.rand(1, 3, 6, 7).bfloat16()).isfinite().all()


def test_another_scale_is_refused() -> None:
    with pytest.raises(KeyError):
        Csnln(CsnlnConfig(scale=8))
