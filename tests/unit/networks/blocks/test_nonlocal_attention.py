from __future__ import annotations

import pytest
import torch

from srcli.networks.blocks.nonlocal_attention import (
    PooledNonLocal,
    RegionNonLocal,
    dot_product_attention,
)


@pytest.mark.parametrize(("inner", "channels"), [(3, 5), (5, 3), (4, 4)])
def test_attention_is_a_softmax_over_all_pairs(inner: int, channels: int) -> None:
    query, key = (torch.randn(2, inner, n).double() for n in (11, 7))
    value = torch.randn(2, channels, 7).double()
    expected = (torch.softmax(query.mT @ key, 2) @ value.mT).mT
    torch.testing.assert_close(dot_product_attention(query, key, value), expected)


def test_half_precision_values_come_back_so_and_scores_are_wider() -> None:
    query, key, value = (4 * torch.randn(1, 4, n) for n in (9, 6, 6))
    expected = dot_product_attention(query, key, value)
    with torch.autocast("cpu", torch.bfloat16):
        attended = dot_product_attention(query, key, value.bfloat16())
    assert attended.dtype == torch.bfloat16
    torch.testing.assert_close(attended.float(), expected, rtol=2**-7, atol=0.05)


def test_a_region_does_not_see_the_others() -> None:
    module = RegionNonLocal(8, reduction=4).double()
    for parameter in module.parameters():
        torch.nn.init.normal_(parameter)
    features = torch.randn(1, 8, 7, 9).double()
    changed = features.clone()
    changed[..., 3:, 4:] += 1
    with torch.no_grad():
        same = (module(features) == module(changed)).all(1)[0]
    assert same[:3].all()
    assert same[:, :4].all()
    assert not same[3:, 4:].any()


def test_a_fresh_block_is_the_identity() -> None:
    features = torch.randn(1, 8, 4, 4)
    with torch.no_grad():
        assert torch.equal(PooledNonLocal(8, reduction=4)(features), features)
