from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from srcli.networks.blocks.criss_cross import InterlacedAttention, criss_cross

SIZES = [(5, 7), (1, 6), (6, 1), (1, 1)]


def random_maps(height: int, width: int) -> tuple[Tensor, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    channels = (3, 3, 4)
    query, key, value = (
        torch.randn(2, c, height, width, generator=generator, dtype=torch.float64) for c in channels
    )
    return query, key, value


def attend_one_by_one(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """The definition: each position, its row and column gathered, itself once."""
    output = torch.empty_like(value)
    height, width = query.shape[2:]
    for y in range(height):
        for x in range(width):
            cross = [(y, u) for u in range(width)] + [(v, x) for v in range(height) if v != y]
            rows, columns = torch.tensor(cross).T
            scores = torch.einsum("bc,bcn->bn", query[:, :, y, x], key[:, :, rows, columns])
            picked = value[:, :, rows, columns]
            output[:, :, y, x] = torch.einsum("bn,bvn->bv", scores.softmax(1), picked)
    return output


def awake(channels: int) -> InterlacedAttention:
    torch.manual_seed(1)
    block = InterlacedAttention(channels).double()
    for gain in (block.spread_gain, block.output_gain):
        torch.nn.init.constant_(gain, 0.7)
    return block


@pytest.mark.parametrize(("height", "width"), SIZES)
def test_attention_is_one_softmax_over_the_row_and_the_column(height: int, width: int) -> None:
    maps = random_maps(height, width)
    torch.testing.assert_close(criss_cross(*maps), attend_one_by_one(*maps))


@pytest.mark.parametrize("scores_per_chunk", [1, 2 * 7 * 12 * 2, 10**6])
def test_chunks_do_not_change_the_result(scores_per_chunk: int) -> None:
    maps = random_maps(5, 7)
    chunked = criss_cross(*maps, scores_per_chunk=scores_per_chunk)
    torch.testing.assert_close(chunked, attend_one_by_one(*maps))


class LargestTensor(TorchDispatchMode):
    """Remembers the most elements that any one operation returned."""

    elements = 0

    def __torch_dispatch__(
        self,
        func: Callable[..., object],
        types: object,
        args: tuple[object, ...] = (),
        kwargs: dict[str, object] | None = None,
    ) -> object:
        result = func(*args, **(kwargs or {}))
        if isinstance(result, Tensor):
            self.elements = max(self.elements, result.numel())
        return result


def test_no_tensor_outgrows_the_chunk_and_the_features() -> None:
    maps = [torch.randn(1, 2, 96, 96) for _ in range(3)]
    budget = 3 * 96 * (96 + 96)
    with LargestTensor() as largest:
        criss_cross(*maps, scores_per_chunk=budget)
    assert largest.elements <= budget
    with LargestTensor() as largest:
        criss_cross(*maps, scores_per_chunk=10**9)
    assert largest.elements == 96 * 96 * (96 + 96)


def test_one_stage_reaches_exactly_the_row_and_the_column() -> None:
    query, key, value = random_maps(5, 7)
    value.requires_grad_()
    criss_cross(query, key, value)[0, :, 2, 3].sum().backward()
    assert value.grad is not None
    reached = value.grad[0].abs().sum(0) > 0
    expected = torch.zeros(5, 7, dtype=torch.bool)
    expected[2] = expected[:, 3] = True
    assert torch.equal(reached, expected)


@pytest.mark.parametrize("source", [0, 1], ids=["previous", "current"])
def test_two_interlaced_stages_reach_every_position_from_every_position(source: int) -> None:
    height, width, channels = 5, 6, 4
    block = awake(channels)
    maps = [torch.randn(1, channels, height, width, dtype=torch.float64) for _ in range(2)]
    jacobian = torch.autograd.functional.jacobian(block, tuple(maps))[source]
    reach = jacobian[0, :, :, :, 0].abs().sum((0, 3)) > 0
    assert reach.shape == (height, width, height, width)
    assert reach.double().mean() == 1.0


def test_the_block_is_two_stages_with_attention_from_the_previous_map() -> None:
    block = awake(4)
    x, y = torch.randn(2, 1, 4, 5, 6, dtype=torch.float64)
    gain, q, k, v = 0.7, block.query, block.key, block.value
    x1 = x + gain * attend_one_by_one(q(x), k(x), v(x))
    y1 = y + gain * attend_one_by_one(q(x), k(x), v(y))
    expected = y + gain * block.output(attend_one_by_one(q(x1), k(x1), v(y1)))
    torch.testing.assert_close(block(x, y), expected)


def test_a_new_block_returns_the_current_map() -> None:
    previous, current = torch.randn(2, 1, 8, 5, 4)
    assert torch.equal(InterlacedAttention(8)(previous, current), current)


def test_both_stages_share_one_set_of_convolutions() -> None:
    assert sum(p.numel() for p in InterlacedAttention(32).parameters()) == 2642


def test_training_reaches_every_parameter() -> None:
    block = awake(4)
    block(*torch.randn(2, 1, 4, 5, 4, dtype=torch.float64)).pow(2).sum().backward()
    for name, parameter in block.named_parameters():
        assert parameter.grad is not None, name
        if name != "key.bias":  # it moves all scores of a position alike
            assert parameter.grad.abs().max() > 1e-9, name
