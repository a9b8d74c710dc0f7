from __future__ import annotations

import pytest
import torch

from srcli.networks import asdn, fsdn
from srcli.networks.fsdn import SPEC, Fsdn, FsdnConfig
from srcli.pixels.resize import resize

TINY = FsdnConfig(scale=2, blocks=2, width=16, dense_layers=2, growth=8, stem=8)
COUNTS = {
    ("paper", 2): 22_620_848,
    ("paper", 3): 22_805_168,
    ("paper", 4): 22_768_368,
    ("paper", 8): 22_915_888,
    ("light", 2): 876_000,
    ("light", 3): 922_080,
    ("light", 4): 912_896,
    ("light", 8): 949_792,
}


@pytest.mark.parametrize("preset", SPEC.presets)
@pytest.mark.parametrize("scale", SPEC.scales)
def test_every_preset_has_the_size_it_states(preset: str, scale: int) -> None:
    with torch.device("meta"):
        network = SPEC.build(SPEC.configure(preset, scale))
    assert sum(p.numel() for p in network.parameters()) == COUNTS[preset, scale]


@pytest.mark.parametrize("preset", SPEC.presets)
def test_the_trunk_has_the_names_and_shapes_of_the_trunk_of_asdn(preset: str) -> None:
    with torch.device("meta"):
        ours = Fsdn(SPEC.configure(preset, 3)).trunk.state_dict()
        theirs = asdn.Asdn(asdn.SPEC.presets[preset]).trunk.state_dict()
    assert {k: v.shape for k, v in ours.items()} == {k: v.shape for k, v in theirs.items()}


@pytest.mark.parametrize("scale", SPEC.scales)
def test_training_starts_at_bicubic(scale: int) -> None:
    torch.manual_seed(0)
    image = torch.rand(1, 3, 9, 7)
    with torch.inference_mode():
        output = Fsdn(SPEC.configure("light", scale))(image)
    difference = output - resize(image, (9 * scale, 7 * scale))
    assert 0 < difference.abs().max() < 0.01


@pytest.mark.parametrize("scale", [1, 5, 6, 16])
def test_other_scales_are_refused(scale: int) -> None:
    with pytest.raises(ValueError, match="scales"):
        fsdn.deconvolutions(8, scale)


def test_the_residual_is_masked_by_its_own_attention() -> None:
    torch.manual_seed(0)
    network = Fsdn(TINY)
    torch.nn.init.normal_(network.restore.weight)
    image = torch.rand(1, 3, 6, 5)
    with torch.inference_mode():
        plain = network.restore(network.enlarge(network.transition(network.trunk(image))))
        residual = network(image) - resize(image, (12, 10))
        mask = network.attention.gate(plain)
    assert 0 < mask.min() < mask.max() < 1
    torch.testing.assert_close(residual, plain * mask, atol=1e-5, rtol=1e-5)


def test_channel_attention_sees_the_whole_image() -> None:
    torch.manual_seed(0)
    network = Fsdn(TINY).double()
    image = torch.rand(1, 3, 40, 40, dtype=torch.float64, requires_grad=True)
    network(image)[..., 0, 0].sum().backward()
    assert image.grad is not None
    assert image.grad[..., 39, 39].abs().max() > 0
    assert network.traits.receptive_radius is None
