from __future__ import annotations

import pytest
import torch

from srcli.networks.blocks import nonlocal_attention
from srcli.networks.blocks.nonlocal_attention import (
    PooledNonLocal,
    RegionNonLocal,
    dot_product_attention,
)


@pytest.mark.parametrize(("samples", "fewest"), [(1, 1), (30, 2), (10**6, 64)])
def test_attention_in_blocks_is_attention_at_once(
    samples: int, fewest: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nonlocal_attention, "STEP_SAMPLES", samples)
    monkeypatch.setattr(nonlocal_attention, "FEWEST_QUERIES", fewest)
    query, key, value = (torch.randn(2, c, n).double() for c, n in ((3, 11), (3, 7), (5, 7)))
    expected = (torch.softmax(query.mT @ key, 2) @ value.mT).mT
    torch.testing.assert_close(dot_product_attention(query, key, value), expected)


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
