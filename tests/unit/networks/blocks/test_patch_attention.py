from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - PyTorch's own usage

from srcli.networks.blocks.patch_attention import NORM_FLOOR, KeyMap, patch_attention

side = st.integers(1, 5)


def patches(features: Tensor) -> Tensor:
    """Every 3x3 window of one map (C, H, W), zeros outside: (H W, C, 3, 3)."""
    windows = F.unfold(features[None], 3, padding=1)[0].T
    return windows.reshape(-1, features.shape[0], 3, 3)


def written_out(query: Tensor, maps: list[KeyMap], temperature: float = 10.0) -> Tensor:
    """Compare and paste patches one by one, as the papers write it."""
    outputs = []
    for b in range(len(query)):
        keys = torch.cat([patches(m.key[b]) for m in maps])
        norms = keys.flatten(1).norm(dim=1).clamp_min(NORM_FLOOR)
        scores = F.conv2d(query[b : b + 1], keys / norms[:, None, None, None], padding=1)
        weights = torch.softmax(temperature * scores, 1)
        values = torch.cat([patches(m.value[b]) for m in maps])
        outputs.append(F.conv_transpose2d(weights, values, padding=1))
    return torch.cat(outputs)


def draw(*shape: int, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(shape, generator=generator, dtype=torch.float64)


def some_maps(*sizes: tuple[int, int], batch: int = 1) -> list[KeyMap]:
    return [
        KeyMap(key=draw(batch, 2, *size, seed=i), value=draw(batch, 3, *size, seed=i + 9))
        for i, size in enumerate(sizes)
    ]


@given(query_size=st.tuples(side, side), key_sizes=st.lists(st.tuples(side, side), min_size=1))
def test_patches_are_compared_and_pasted_as_written_out(
    query_size: tuple[int, int], key_sizes: list[tuple[int, int]]
) -> None:
    query, maps = draw(2, 2, *query_size, seed=5), some_maps(*key_sizes, batch=2)
    torch.testing.assert_close(patch_attention(query, maps), written_out(query, maps))


@pytest.mark.parametrize(("samples", "strip"), [(1, 1), (1, 3), (200, 2), (600, 5), (10**6, 9)])
def test_the_size_of_a_step_does_not_change_the_result(
    samples: int, strip: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    query, maps = draw(1, 2, 7, 8, seed=5), some_maps((4, 5), (3, 4))
    monkeypatch.setattr("srcli.networks.blocks.patch_attention.STEP_SAMPLES", samples)
    monkeypatch.setattr("srcli.networks.blocks.patch_attention.NARROWEST_STRIP", strip)
    torch.testing.assert_close(patch_attention(query, maps), written_out(query, maps))


def test_a_step_holds_no_more_scores_than_it_may(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = []
    softmax = torch.softmax

    def watched(scores: Tensor, dim: int) -> Tensor:
        sizes.append(scores.numel())
        return softmax(scores, dim)

    monkeypatch.setattr("srcli.networks.blocks.patch_attention.STEP_SAMPLES", 4000)
    monkeypatch.setattr("srcli.networks.blocks.patch_attention.NARROWEST_STRIP", 4)
    monkeypatch.setattr(torch, "softmax", watched)
    patch_attention(draw(1, 2, 30, 30), some_maps((15, 15)))
    assert max(sizes) < 2 * 4000
    assert sum(sizes) > 30 * 30 * 15 * 15


@pytest.mark.parametrize("samples", [60, 10**6])
def test_gradients_are_those_of_the_written_out_form(
    samples: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("srcli.networks.blocks.patch_attention.STEP_SAMPLES", samples)
    monkeypatch.setattr("srcli.networks.blocks.patch_attention.NARROWEST_STRIP", 2)

    def gradients(attend: object) -> tuple[Tensor, ...]:
        query, maps = draw(1, 2, 5, 6, seed=5), some_maps((4, 3), (2, 3))
        leaves = [query, *(m.key for m in maps), *(m.value for m in maps)]
        for leaf in leaves:
            leaf.requires_grad_()
        assert callable(attend)
        return torch.autograd.grad(attend(query, maps).square().sum(), leaves)

    for ours, theirs in zip(gradients(patch_attention), gradients(written_out), strict=True):
        torch.testing.assert_close(ours, theirs)


def test_gradients_are_finite_where_all_keys_are_zero() -> None:
    query = draw(1, 2, 3, 3).requires_grad_()
    key = torch.zeros(1, 2, 3, 3, dtype=torch.float64, requires_grad=True)
    output = patch_attention(query, [KeyMap(key=key, value=draw(1, 3, 3, 3))])
    output.sum().backward()
    for leaf in (query, key):
        assert leaf.grad is not None
        assert leaf.grad.isfinite().all()


def test_tiny_keys_are_divided_by_the_floor_and_not_by_their_norm() -> None:
    query, maps = draw(1, 2, 3, 4), [KeyMap(key=draw(1, 2, 3, 3) * 1e-6, value=draw(1, 3, 3, 3))]
    expected = written_out(query, maps)
    torch.testing.assert_close(patch_attention(query, maps), expected)
    louder = [KeyMap(key=maps[0].key * 1e5, value=maps[0].value)]
    assert (patch_attention(query, louder) - expected).abs().max() > 0.1


def test_bfloat16_is_finite_and_close_and_keeps_its_type() -> None:
    query, maps = draw(1, 2, 6, 6, seed=5), some_maps((4, 5))
    halved = [KeyMap(key=m.key.bfloat16(), value=m.value.bfloat16()) for m in maps]
    output = patch_attention(query.bfloat16(), halved)
    assert output.dtype == torch.bfloat16
    exact = patch_attention(
        query.bfloat16().double(),
        [KeyMap(key=m.key.double(), value=m.value.double()) for m in halved],
    )
    assert (output.double() - exact).abs().max() < 0.03 * exact.abs().max()
