import pytest
import torch

from srcli.networks.srcnn import SPEC, Srcnn, SrcnnConfig
from srcli.pixels.resize import resize

COUNTS = {"955": (57_184, 57_281), "915": (8_032, 8_129)}
SMALL = SrcnnConfig(scale=2, patches=4, mapped=3)


@pytest.mark.parametrize("preset", SPEC.presets)
@pytest.mark.parametrize("scale", SPEC.scales)
def test_every_preset_has_the_weights_of_the_paper(preset: str, scale: int) -> None:
    with torch.device("meta"):
        network = SPEC.build(SPEC.configure(preset, scale))
    weights = sum(p.numel() for p in network.parameters() if p.ndim > 1)
    assert (weights, sum(p.numel() for p in network.parameters())) == COUNTS[preset]


@pytest.mark.parametrize("scale", SPEC.scales)
def test_chroma_is_that_of_bicubic(scale: int) -> None:
    torch.manual_seed(0)
    image = torch.rand(1, 3, 9, 7)
    with torch.inference_mode():
        output = Srcnn(SPEC.configure("915", scale))(image)
    change = output - resize(image, (9 * scale, 7 * scale))
    torch.testing.assert_close(change[:, 0], change[:, 1], atol=1e-5, rtol=0)
    torch.testing.assert_close(change[:, 0], change[:, 2], atol=1e-5, rtol=0)


@pytest.mark.parametrize("scale", SPEC.scales)
def test_it_sees_no_farther_than_it_says(scale: int) -> None:
    torch.manual_seed(0)
    network = Srcnn(SrcnnConfig(scale=scale, patches=4, mapped=3)).double()
    for parameter in network.parameters():
        torch.nn.init.uniform_(parameter, 0.1, 0.2)
    image = torch.rand(1, 3, 31, 31, dtype=torch.float64, requires_grad=True)
    network(image)[..., 15 * scale : 16 * scale, 15 * scale : 16 * scale].sum().backward()
    radius = network.traits.receptive_radius
    assert image.grad is not None
    assert radius is not None
    seen = image.grad.abs().sum((0, 1)) > 0
    assert not seen[: 15 - radius].any()
    assert not seen[:, 16 + radius :].any()
    assert seen[15 - radius + 1].any()


def test_a_flat_picture_stays_flat_at_its_border() -> None:
    torch.manual_seed(0)
    with torch.inference_mode():
        output = Srcnn(SMALL)(torch.full((1, 3, 12, 12), 0.4))
    assert (output - output[..., :1, :1]).abs().max() < 1e-5
