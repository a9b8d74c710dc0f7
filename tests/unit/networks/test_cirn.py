from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from srcli.networks.cirn import SPEC, Cirn, CirnConfig, Fusion, Group, Projection
from srcli.pixels.resize import resize

TINY = CirnConfig(scale=2, groups=2, channels=8)
COUNTS = {
    ("base", 2): 1_243_606,
    ("base", 3): 1_824_214,
    ("base", 4): 2_533_846,
    ("base", 8): 6_662_614,
    ("light", 2): 744_030,
    ("light", 3): 1_103_454,
    ("light", 4): 1_542_750,
    ("light", 8): 4_098_654,
    ("large", 2): 2_964_574,
    ("large", 3): 4_402_270,
    ("large", 4): 6_159_454,
    ("large", 8): 16_383_070,
}


def count(config: CirnConfig) -> int:
    with torch.device("meta"):
        return sum(p.numel() for p in Cirn(config).parameters())


@pytest.mark.parametrize("preset", SPEC.presets)
@pytest.mark.parametrize("scale", SPEC.scales)
def test_every_preset_has_the_size_it_states(preset: str, scale: int) -> None:
    assert count(SPEC.configure(preset, scale)) == COUNTS[preset, scale]


@pytest.mark.parametrize(("scale", "expected"), [(2, 7_137_292), (8, 27_043_852)])
def test_wider_kernels_give_the_size_of_dbpn(scale: int, expected: int) -> None:
    assert count(CirnConfig(scale=scale, groups=7, channels=64, padding=2)) == expected


@pytest.mark.parametrize("scale", SPEC.scales)
def test_training_starts_at_bicubic(scale: int) -> None:
    torch.manual_seed(0)
    image = torch.rand(1, 3, 9, 7)
    with torch.inference_mode():
        output = Cirn(SPEC.configure("light", scale))(image)
    difference = output - resize(image, (9 * scale, 7 * scale))
    assert 0 < difference.abs().max() < 0.1


@pytest.mark.parametrize("scale", [1, 5, 16])
def test_other_scales_are_refused(scale: int) -> None:
    with pytest.raises(ValueError, match="scales"):
        Cirn(replace(TINY, scale=scale))


@pytest.mark.parametrize("padding", [1, 2])
@pytest.mark.parametrize("scale", SPEC.scales)
def test_projections_change_the_size_by_exactly_the_scale(scale: int, padding: int) -> None:
    config = replace(TINY, scale=scale, padding=padding)
    small = torch.rand(1, 8, 3, 5)
    large = Projection(config, upward=True)(small)
    assert large.shape == (1, 8, 3 * scale, 5 * scale)
    assert Projection(config, upward=False)(large).shape == small.shape


def test_fusion_equals_the_convolution_of_the_concatenation() -> None:
    torch.manual_seed(0)
    fuse = Fusion(3, 4).double()
    maps = list(torch.randn(3, 2, 4, 5, 6, dtype=torch.float64))
    expected = fuse.activation(fuse.convolution(torch.cat(maps, 1)))
    torch.testing.assert_close(fuse(maps), expected)


def test_a_group_is_dense_and_refines_with_the_small_map_before_it() -> None:
    torch.manual_seed(0)
    group = Group(TINY, 1).double()
    torch.nn.init.ones_(group.refine.output_gain)
    small = list(torch.randn(2, 1, 8, 4, 5, dtype=torch.float64))
    large = [torch.randn(1, 8, 8, 10, dtype=torch.float64)]
    more_large = [*large, group.up(group.fuse_small(small))]
    expected = group.refine(small[1], group.down(group.fuse_large(more_large)))
    group(small, large)
    torch.testing.assert_close(large, more_large)
    assert len(small) == 3
    torch.testing.assert_close(small[2], expected)


@pytest.mark.parametrize("preset", ["base", "light"])
@pytest.mark.parametrize("scale", [2, 4])
def test_features_keep_their_scale_through_a_new_network(preset: str, scale: int) -> None:
    torch.manual_seed(0)
    network = Cirn(SPEC.configure(preset, scale))
    small, large = [network.extract(torch.rand(1, 3, 16, 16))], []
    with torch.inference_mode():
        for group in network.groups:
            group(small, large)
    for features in small + large:
        assert 0.1 < features.std() < 3


def test_the_whole_image_is_seen() -> None:
    torch.manual_seed(0)
    network = Cirn(replace(TINY, groups=1)).double()
    for group in network.groups:
        for gain in (group.refine.spread_gain, group.refine.output_gain):
            torch.nn.init.ones_(gain)
    image = torch.rand(1, 3, 30, 30, dtype=torch.float64, requires_grad=True)
    network(image)[..., 0, 0].sum().backward()
    assert image.grad is not None
    assert (image.grad.abs().sum(1) > 0).all()
    assert network.traits.receptive_radius is None
