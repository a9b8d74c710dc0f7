"""Networks without a part of theirs, as ablations train them."""

from dataclasses import replace

import pytest
import torch
from torch.nn import functional as F  # noqa: N812 - PyTorch's own usage

from srcli.ablation.catalog import ABLATIONS
from srcli.networks.asdn import AsdnConfig, blend_of, build
from srcli.networks.blocks.criss_cross import InterlacedAttention
from srcli.networks.blocks.cross_scale import CrossScaleAttention
from srcli.networks.catalog import NETWORKS
from srcli.networks.spec import AnyRatioNetwork

DENSE = AsdnConfig(blocks=2, width=16, dense_layers=2, growth=8, stem=8)
LOCAL = AsdnConfig(blocks=2, width=16, unshuffle=2)
VARIANTS = [
    (ablation.network, variant) for ablation in ABLATIONS.values() for variant in ablation.variants
]


@pytest.mark.parametrize(
    ("network", "variant"), VARIANTS, ids=lambda one: getattr(one, "name", one)
)
def test_every_variant_runs_and_all_of_it_learns(network, variant) -> None:
    torch.manual_seed(0)
    built = NETWORKS[network].build(variant.config)
    for parameter in built.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    image = torch.rand(2, 3, 12, 12)
    if isinstance(built, AnyRatioNetwork):
        ratios = [1 + step / 20 for step in range(1, 21)]
        if built.traits.max_ratio > 2:
            ratios += [2 + step / 8 for step in range(1, 17)]
        output = torch.cat([built(image, ratio) for ratio in ratios])
    else:
        output = built(image)
    output.square().sum().backward()
    without = [
        name
        for name, parameter in built.named_parameters()
        if parameter.requires_grad
        and not name.startswith(NETWORKS[network].untrained)
        and parameter.grad is None
    ]
    assert not without


def test_heads_are_blended_over_the_levels_that_there_are() -> None:
    assert blend_of(1.5, phases=4) == (2, 0.0)
    assert blend_of(1.3, phases=4) == (2, pytest.approx(0.8))
    torch.manual_seed(0)
    image = torch.rand(1, 3, 8, 8)
    for config in (replace(DENSE, levels=5), replace(LOCAL, levels=5)):
        network = build(config)
        assert len(network.heads) == 5
        low, high = network(image, 1.25), network(image, 1.5)
        between = network(image, 1.375)
        torch.testing.assert_close(between, (low + high) / 2, atol=1e-5, rtol=1e-4)


def test_one_level_is_refused() -> None:
    with pytest.raises(ValueError, match="2 levels or more"):
        replace(LOCAL, levels=1)


def test_without_the_skip_the_picture_is_not_added() -> None:
    torch.manual_seed(0)
    whole = build(DENSE)
    bare = build(replace(DENSE, skip=False))
    bare.load_state_dict(whole.state_dict())
    image = torch.rand(1, 3, 8, 8)
    torch.testing.assert_close(bare(image, 2.0) + image, whole(image, 2.0))


def test_patches_of_one_pixel_are_attention_between_pixels() -> None:
    torch.manual_seed(0)
    attention = CrossScaleAttention(8, 2, patch=1)
    features = torch.rand(1, 8, 6, 4)
    with torch.inference_mode():
        output = attention(features)
        key = attention.conv_match_2(F.avg_pool2d(features, 2)).flatten(2)
        query = attention.conv_match_1(features).flatten(2)
        weight = torch.softmax(10 * query.mT @ F.normalize(key, dim=1), 2)
        block = F.pixel_unshuffle(attention.conv_assembly(features), 2).flatten(2)
        expected = F.pixel_shuffle((block @ weight.mT).view(1, 32, 6, 4), 2)
    torch.testing.assert_close(output, 1.5 * expected, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("patch", [1, 5])
def test_the_divisor_grows_with_the_overlap_of_the_patches(patch: int) -> None:
    torch.manual_seed(0)
    small, usual = CrossScaleAttention(8, 2, patch=patch), CrossScaleAttention(8, 2)
    usual.load_state_dict(small.state_dict())
    features = torch.rand(1, 8, 24, 24)
    with torch.inference_mode():
        ratio = small(features).mean() / usual(features).mean()
    assert 0.5 < ratio < 2


def test_an_even_patch_and_three_stages_are_refused() -> None:
    with pytest.raises(ValueError, match="odd side"):
        CrossScaleAttention(8, 2, patch=2)
    with pytest.raises(ValueError, match="one stage or two"):
        InterlacedAttention(8, stages=3)


def test_one_stage_reaches_the_row_and_the_column_alone() -> None:
    torch.manual_seed(0)
    attention = InterlacedAttention(8, stages=1).double()
    torch.nn.init.ones_(attention.output_gain)
    previous, current = torch.rand(2, 1, 8, 7, 7, dtype=torch.float64)
    current.requires_grad_()
    attention(previous, current)[..., 3, 3].sum().backward()
    seen = current.grad.abs().sum((0, 1)) > 0
    assert seen[3].all()
    assert seen[:, 3].all()
    assert not seen[0, 0]
