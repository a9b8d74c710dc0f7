from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from srcli.networks.asdn import (
    SPEC,
    Asdn,
    AsdnConfig,
    LocalAsdn,
    blend_of,
    build,
    grid_of,
)
from srcli.networks.spec import AnyRatioNetwork

TINY = AsdnConfig(blocks=2, width=16, dense_layers=2, growth=8, stem=8)
TINY_LOCAL = AsdnConfig(blocks=2, width=6, unshuffle=2)
TINY_WIDE = replace(TINY_LOCAL, max_ratio=4, own_blocks=1)
TWO_TRUNKS = replace(TINY_WIDE, upper_blocks=2)
BOTH = pytest.mark.parametrize("config", [TINY, TINY_LOCAL], ids=["paper", "local"])


def awake(config: AsdnConfig) -> AnyRatioNetwork:
    """Build a network whose heads say something."""
    torch.manual_seed(0)
    network = build(config).double().requires_grad_(requires_grad=False)
    for head in network.get_submodule("heads").parameters():
        torch.nn.init.normal_(head, std=0.3)
    return network


def picture(height: int = 8, width: int = 6) -> Tensor:
    generator = torch.Generator().manual_seed(1)
    return torch.rand(2, 3, height, width, generator=generator, dtype=torch.float64)


@pytest.mark.parametrize(
    ("preset", "expected"),
    [
        ("paper", 22_438_288),
        ("light", 839_008),
        ("base", 1_264_836),
        ("fast", 436_500),
        ("photo", 436_500),
        ("wide", 958_719),
        ("base-wide", 2_680_847),
        ("wild", 450_420),
    ],
)
def test_every_preset_has_the_size_it_states(preset: str, expected: int) -> None:
    with torch.device("meta"):
        network = build(SPEC.presets[preset])
    assert sum(p.numel() for p in network.parameters()) == expected


@pytest.mark.parametrize("ratio", [1.0, 2.1, -1.5, float("nan")])
def test_a_picture_is_restored_by_way_of_a_ratio_that_the_network_has(ratio: float) -> None:
    with pytest.raises(ValueError, match="ratio in"):
        replace(SPEC.presets["fast"], restoring_ratio=ratio)
    assert build(SPEC.presets["photo"]).traits.restoring_ratio == 1.5
    assert build(SPEC.presets["fast"]).traits.restoring_ratio is None


@pytest.mark.parametrize(
    "settings",
    [{"max_ratio": 1}, {"max_ratio": 5}, {"max_ratio": 4, "unshuffle": 1}],
)
def test_a_pass_that_no_grid_serves_is_refused(settings: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="ratio"):
        replace(TINY_LOCAL, **settings)
    with pytest.raises(ValueError, match="local trunk"):
        replace(TINY, max_ratio=3)


def test_the_paper_network_is_a_trunk_and_eleven_heads() -> None:
    with torch.device("meta"):
        network = Asdn(SPEC.presets["paper"])
    assert sum(p.numel() for p in network.trunk.parameters()) == 22_401_856
    assert [sum(p.numel() for p in head.parameters()) for head in network.heads] == [3_312] * 11


@pytest.mark.parametrize(
    ("ratio", "level", "weight"),
    [
        (1.27, 3, 0.3),
        (1.1, 1, 0),
        (1.2, 2, 0),
        (1.3, 3, 0),
        (1.4, 4, 0),
        (1.5, 5, 0),
        (1.6, 6, 0),
        (1.7, 7, 0),
        (1.8, 8, 0),
        (1.9, 9, 0),
        (2.0, 10, 0),
        (1.35, 4, 0.5),
        (1.75, 8, 0.5),
        (2.7 / 2, 4, 0.5),
        (1.3515, 4, 0.485),
        (3 / 2, 5, 0),
        (8 / 4, 10, 0),
        (5.7 / 4, 5, 0.75),
        (72 / 60, 2, 0),
        (1.05, 1, 0.5),
        (1.0, 1, 1),
    ],
)
def test_a_ratio_is_blended_from_its_two_neighbouring_heads(
    ratio: float, level: int, weight: float
) -> None:
    upper, below = blend_of(ratio)
    assert upper == level
    assert below == (pytest.approx(weight, abs=1e-9) if weight else 0)


@BOTH
@pytest.mark.parametrize(("ratio", "upper", "weight"), [(1.27, 1.3, 0.3), (1.85, 1.9, 0.5)])
def test_blending_equals_the_blend_of_two_outputs(
    config: AsdnConfig, ratio: float, upper: float, weight: float
) -> None:
    network, image = awake(config), picture()
    expected = (1 - weight) * network(image, upper) + weight * network(image, upper - 0.1)
    torch.testing.assert_close(network(image, ratio), expected)
    assert (network(image, upper) - network(image, upper - 0.1)).abs().max() > 0.01


@BOTH
def test_below_the_first_head_the_output_is_blended_with_the_input(config: AsdnConfig) -> None:
    network, image = awake(config), picture()
    expected = 0.7 * network(image, 1.1) + 0.3 * image
    torch.testing.assert_close(network(image, 1.07), expected)


@BOTH
def test_the_output_tends_to_the_input_as_the_ratio_tends_to_one(config: AsdnConfig) -> None:
    network, image = awake(config), picture()
    change = [(network(image, 1 + step) - image).abs().max() for step in (1e-1, 1e-3, 1e-5)]
    assert change[0] > 0.01
    torch.testing.assert_close(change[1], change[0] / 100)
    torch.testing.assert_close(change[2], change[0] / 10_000)


@BOTH
def test_the_output_is_continuous_across_a_trained_ratio(config: AsdnConfig) -> None:
    network, image = awake(config), picture()
    for step in (-1e-7, 1e-7):
        torch.testing.assert_close(
            network(image, 1.5 + step), network(image, 1.5), atol=1e-4, rtol=0
        )


def awake_wide(config: AsdnConfig = TINY_WIDE) -> LocalAsdn:
    """Build a network to ratio 4 in which every part says something."""
    torch.manual_seed(0)
    network = LocalAsdn(config).double().requires_grad_(requires_grad=False)
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    return network


@pytest.mark.parametrize(
    ("ratio", "unshuffle", "level", "weight"),
    [
        (1.3, 2, 3, 0),
        (2.0, 2, 10, 0),
        (2.0000001, 2, 10, 0),
    ],
)
def test_each_ratio_to_two_has_its_level(
    ratio: float, unshuffle: int, level: int, weight: float
) -> None:
    assert awake_wide().layers(ratio).unshuffle == grid_of(ratio) == unshuffle
    assert blend_of(ratio) == (level, pytest.approx(weight, abs=1e-9))


@pytest.mark.parametrize(("ratio", "unshuffle"), [(2.01, 3), (3.0, 3), (3.3, 4), (4.0, 4)])
def test_one_head_serves_all_ratios_of_a_grid_above_two(ratio: float, unshuffle: int) -> None:
    network, image = awake_wide(), picture(12, 24)
    assert network.layers(ratio).unshuffle == grid_of(ratio) == unshuffle
    assert torch.equal(network(image, ratio), network(image, unshuffle))


@pytest.mark.parametrize("config", [TINY_WIDE, TWO_TRUNKS])
def test_up_to_two_a_network_to_four_is_the_one_to_two(config: AsdnConfig) -> None:
    wide, image = awake_wide(config), picture()
    narrow = LocalAsdn(TINY_LOCAL).double()
    narrow.load_state_dict(wide.state_dict(), strict=False)
    for ratio in (1.27, 2.0):
        assert torch.equal(narrow(image, ratio), wide(image, ratio))


def test_a_second_trunk_runs_above_two_alone() -> None:
    network, image = awake_wide(TWO_TRUNKS), picture(12, 24)
    ratios = (1.27, 2.0, 2.5, 3.5)
    before = [network(image, ratio) for ratio in ratios]
    for parameter in network.upper.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    changed = [
        not torch.equal(network(image, ratio), old)
        for ratio, old in zip(ratios, before, strict=True)
    ]
    assert changed == [False, False, True, True]


@pytest.mark.parametrize("config", [TINY_WIDE, TWO_TRUNKS])
@pytest.mark.parametrize("ratio", [1.5, 2.5, 3.5])
def test_a_network_that_is_told_of_nothing_is_the_one_that_is_not_told(
    ratio: float, config: AsdnConfig
) -> None:
    torch.manual_seed(0)
    told = LocalAsdn(replace(config, is_told=1)).double().requires_grad_(requires_grad=False)
    assert told.traits.told == ("noise", "compression")
    image, strengths = picture(12, 24), torch.rand(2, 2, dtype=torch.float64)
    assert torch.equal(told(image, ratio, strengths), told(image, ratio))
    for parameter in told.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    plain = LocalAsdn(config).double()
    plain.load_state_dict(told.state_dict(), strict=False)
    assert torch.equal(told(image, ratio, torch.zeros_like(strengths)), plain(image, ratio))
    output = told(image, ratio, strengths)
    assert (output - plain(image, ratio)).abs().amax((1, 2, 3)).min() > 1e-3
    torch.testing.assert_close(output[1:], told(image[1:], ratio, strengths[1:]))


@pytest.mark.parametrize("config", [TINY_WIDE, TWO_TRUNKS])
@pytest.mark.parametrize("ratio", [1.5, 2.5, 3.5])
def test_a_wide_network_reaches_exactly_what_it_says_for_each_ratio(
    ratio: float, config: AsdnConfig
) -> None:
    network = LocalAsdn(config).double()
    for parameter in network.parameters():
        torch.nn.init.constant_(parameter, 0.1)
    traits = network.traits.at(ratio)
    step, radius = traits.size_multiple, traits.receptive_radius
    assert step == traits.minimum_size == math.ceil(ratio)
    assert radius is not None
    assert radius <= (network.traits.receptive_radius or 0)
    assert network.traits.size_multiple % step == 0
    side = (2 * radius // step + 3) * step
    reach = 0
    for centre in range(side // step // 2 * step, side // step // 2 * step + step):
        image = torch.rand(1, 3, side, side, dtype=torch.float64, requires_grad=True)
        network(image, ratio)[..., centre, centre].sum().backward()
        assert image.grad is not None
        rows = torch.nonzero(image.grad.abs().sum((0, 1, 3)))
        reach = max(reach, int((rows - centre).abs().max()))
    assert reach == radius


@BOTH
def test_a_ratio_must_be_given(config: AsdnConfig) -> None:
    with pytest.raises(TypeError, match="ratio"):
        awake(config)(picture())  # type: ignore[call-arg] # on purpose


@BOTH
def test_the_head_of_ratio_one_is_never_used(config: AsdnConfig) -> None:
    network, image = awake(config), picture()
    before = [network(image, ratio) for ratio in (1.01, 1.1, 1.15)]
    for parameter in network.get_submodule("heads.0").parameters():
        torch.nn.init.constant_(parameter, torch.nan)
    for ratio, output in zip((1.01, 1.1, 1.15), before, strict=True):
        assert torch.equal(network(image, ratio), output)


@pytest.mark.parametrize("blocks", [1, 3])
@pytest.mark.parametrize("unshuffle", [1, 2, 3])
def test_the_local_network_reaches_exactly_its_receptive_radius(
    blocks: int, unshuffle: int
) -> None:
    network = LocalAsdn(replace(TINY_LOCAL, blocks=blocks, unshuffle=unshuffle)).double()
    for parameter in network.parameters():
        torch.nn.init.constant_(parameter, 0.1)
    radius = network.traits.receptive_radius
    assert radius is not None
    side = (2 * radius // unshuffle + 3) * unshuffle
    reach = 0
    for centre in range(side // 2, side // 2 + unshuffle):
        image = torch.rand(1, 3, side, side, dtype=torch.float64, requires_grad=True)
        network(image, 2.0)[..., centre, centre].sum().backward()
        assert image.grad is not None
        rows, columns = torch.nonzero(image.grad.abs().sum((0, 1)), as_tuple=True)
        for positions in (rows, columns):
            reach = max(reach, int((positions - centre).abs().max()))
    assert reach == radius


def test_the_paper_network_sees_the_whole_image() -> None:
    network = awake(TINY)
    image = picture(40, 40)[:1].requires_grad_()
    network(image, 2.0)[..., 0, 0].sum().backward()
    assert image.grad is not None
    assert image.grad[..., 39, 39].abs().max() > 0
    assert network.traits.receptive_radius is None
