from __future__ import annotations

import pytest
import torch
from torch import Tensor

from srcli.networks.blocks.patch_attention import KeyMap, patch_attention
from srcli.networks.blocks.patch_attention_train import unfolded_attention
from srcli.networks.blocks.pyramid import PyramidAttention


def draw(*shape: int, seed: int, dtype: torch.dtype = torch.float64) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(shape, generator=generator, dtype=dtype)


@pytest.mark.parametrize("size", [(1, 1), (4, 7), (9, 3)])
def test_it_equals_the_box_sums(size: tuple[int, int]) -> None:
    maps = [
        KeyMap(key=draw(2, 2, *side, seed=i), value=draw(2, 3, *side, seed=i + 9))
        for i, side in enumerate((size, (3, 5), (1, 2)))
    ]
    query = draw(2, 2, *size, seed=5)
    torch.testing.assert_close(unfolded_attention(query, maps), patch_attention(query, maps))


def test_flat_keys_do_not_divide_by_zero() -> None:
    maps = [KeyMap(key=torch.zeros(1, 2, 3, 3), value=torch.ones(1, 1, 3, 3))]
    pasted = unfolded_attention(torch.ones(1, 2, 3, 3), maps)
    torch.testing.assert_close(pasted, patch_attention(torch.ones(1, 2, 3, 3), maps))


def test_half_precision_stays_so_and_is_close() -> None:
    maps = [
        KeyMap(
            key=draw(1, 4, 6, 6, seed=1, dtype=torch.bfloat16),
            value=draw(1, 4, 6, 6, seed=2, dtype=torch.bfloat16),
        )
    ]
    query = draw(1, 4, 6, 6, seed=3, dtype=torch.bfloat16) / 10
    pasted = unfolded_attention(query, maps)
    assert pasted.dtype == torch.bfloat16
    torch.testing.assert_close(pasted, patch_attention(query, maps), rtol=0.05, atol=0.1)


def test_learning_and_running_compute_the_same() -> None:
    attention = PyramidAttention(8, reduction=2, residual_scale=0.1, levels=3)
    features = draw(1, 8, 11, 9, seed=4, dtype=torch.float32)
    with torch.inference_mode():
        running = attention(features)
    learning = attention(features)
    learning.sum().backward()
    torch.testing.assert_close(learning.detach(), running, rtol=1e-4, atol=1e-5)
    assert all(p.grad is not None and p.grad.any() for p in attention.parameters())
