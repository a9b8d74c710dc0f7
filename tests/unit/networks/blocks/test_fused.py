"""Convolutions whose last step is a ReLU or a sum."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from srcli.bench.cost import count_macs
from srcli.networks.blocks import fused
from srcli.networks.blocks.convolution import convolve_rows
from srcli.networks.blocks.fused import add_convolved, convolve_relu

TYPES = [torch.float32, torch.bfloat16]


@pytest.fixture(autouse=True)
def _forgets_what_was_tried():
    yield
    fused._was_exact.cache_clear()


def drawn(*size, dtype=torch.float32):
    return torch.randn(size).to(dtype).contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("dtype", TYPES)
@settings(max_examples=60)
@given(rows=st.integers(3, 40), columns=st.integers(1, 200), channels=st.sampled_from([8, 12, 48]))
def test_the_bits_are_those_of_one_operation_after_the_other(dtype, rows, columns, channels):
    image, kernel = (
        drawn(1, channels, rows, columns, dtype=dtype),
        drawn(channels, channels, 3, 3, dtype=dtype),
    )
    bias, held = torch.randn(channels).to(dtype), drawn(1, channels, rows, columns, dtype=dtype)
    convolved = convolve_rows(image, kernel, bias)
    assert torch.equal(convolve_relu(image, kernel, bias), functional.relu(convolved))
    total = held.clone()
    add_convolved(total[:, :, 1:-1], image, kernel, bias)
    assert torch.equal(total[:, :, 1:-1], held[:, :, 1:-1] + convolved)
    assert torch.equal(total[:, :, [0, -1]], held[:, :, [0, -1]])


def _is_missing(*_):
    message = "'_OpNamespace' 'mkldnn' object has no attribute"
    raise AttributeError(message)


def _makes_other_bits(*inputs):
    total = inputs[0]
    return torch.zeros(1) if isinstance(total, str) else total.add_(1e-3)


@pytest.mark.parametrize("operator", [_is_missing, _makes_other_bits])
def test_plain_operations_stand_in_for_an_operator(operator, monkeypatch):
    """Whether it is missing, or makes other bits."""
    monkeypatch.setattr(fused, "_fused", operator)
    monkeypatch.setattr(fused, "_add_fused", operator)
    fused._was_exact.cache_clear()
    image, kernel = (
        drawn(*size, dtype=torch.float32) for size in ((1, 48, 9, 100), (48, 48, 3, 3))
    )
    bias, total = torch.randn(48), torch.zeros(1, 48, 7, 100)
    convolved = convolve_rows(image, kernel, bias)
    assert torch.equal(convolve_relu(image, kernel, bias), functional.relu(convolved))
    add_convolved(total, image, kernel, bias)
    assert torch.equal(total, convolved)


def test_their_work_counts_as_that_of_other_convolutions_and_trying_them_does_not():
    image, kernel = (
        drawn(*size, dtype=torch.float32) for size in ((1, 48, 9, 100), (48, 48, 3, 3))
    )
    bias, total = torch.randn(48), torch.zeros(1, 48, 7, 100)
    work = 7 * 100 * 48 * 48 * 9
    assert count_macs(lambda: convolve_relu(image, kernel, bias)) == work
    assert count_macs(lambda: add_convolved(total, image, kernel, bias)) == work
    small = image[:, :, :4].bfloat16(), kernel.bfloat16(), bias.bfloat16()
    half = total[:, :, :2].bfloat16()
    assert count_macs(lambda: convolve_relu(*small)) == work // 7 * 2
    assert count_macs(lambda: add_convolved(half, *small)) == work // 7 * 2
