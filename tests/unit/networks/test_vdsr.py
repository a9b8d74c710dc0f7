import pytest
import torch

from srcli.networks.vdsr import SPEC, Vdsr, VdsrConfig
from srcli.pixels.color import luma


def test_it_has_the_weights_of_the_paper() -> None:
    with torch.device("meta"):
        network = SPEC.build(SPEC.configure("paper"))
    weights = sum(p.numel() for p in network.parameters() if p.ndim > 1)
    assert weights == 664_704
    assert sum(p.numel() for p in network.parameters()) == 665_921


def test_training_starts_near_bicubic_and_keeps_chroma() -> None:
    torch.manual_seed(0)
    image = torch.rand(1, 3, 24, 20)
    with torch.inference_mode():
        output = Vdsr(VdsrConfig(layers=5, channels=8))(image, 2.0)
    change = output - image
    assert 0 < change.abs().max() < 0.05
    torch.testing.assert_close(change[:, 0], change[:, 1])
    torch.testing.assert_close(change[:, 0], change[:, 2])
    assert (luma(output) - luma(image)).abs().max() > 0


@pytest.mark.parametrize("ratio", [1.3, 2.0, 4.0])
def test_one_network_serves_every_ratio(ratio: float) -> None:
    torch.manual_seed(0)
    network = Vdsr(VdsrConfig(layers=3, channels=8)).eval()
    image = torch.rand(1, 3, 9, 7)
    with torch.inference_mode():
        assert torch.equal(network(image, ratio), network(image, 2.5))
    assert network.traits.at(ratio).receptive_radius == 3
    assert network.traits.max_ratio == 4


def test_it_sees_one_pixel_a_layer() -> None:
    torch.manual_seed(0)
    network = Vdsr(VdsrConfig(layers=4, channels=8)).double()
    for parameter in network.parameters():
        torch.nn.init.uniform_(parameter, 0.1, 0.2)
    image = torch.rand(1, 3, 21, 21, dtype=torch.float64, requires_grad=True)
    network(image, 2.0)[..., 10, 10].sum().backward()
    assert image.grad is not None
    seen = image.grad.abs().sum((0, 1)) > 0
    assert seen[6:15, 6:15].all()
    assert seen.sum() == 81
