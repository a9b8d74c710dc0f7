from __future__ import annotations

import pytest
import torch

from srcli.networks.blocks.covariance import (
    SecondOrderChannelAttention,
    centre_crop,
    covariance,
    square_root,
)


def test_the_covariance_is_that_of_the_authors_centring_matrix() -> None:
    features = torch.randn(2, 4, 5, 6, dtype=torch.float64)
    samples, count = features.flatten(2), 30
    centring = torch.eye(count, dtype=torch.float64) / count - 1 / count**2
    torch.testing.assert_close(covariance(features), samples @ centring @ samples.mT)


def test_the_square_root_is_exact_where_five_steps_suffice() -> None:
    matrix = torch.diag(torch.tensor([1.0, 1.2, 0.9], dtype=torch.float64))[None]
    root = square_root(matrix)
    torch.testing.assert_close(root @ root, matrix, rtol=0, atol=1e-6)


def test_the_square_root_of_white_features_has_not_converged_as_the_authors_has_not() -> None:
    matrix = covariance(torch.randn(1, 64, 40, 40, dtype=torch.float64))
    values, vectors = torch.linalg.eigh(matrix)
    exact = vectors @ torch.diag_embed(values.sqrt()) @ vectors.mT
    error = (square_root(matrix) - exact).norm() / exact.norm()
    assert error == pytest.approx(0.24, abs=0.02)


@pytest.mark.parametrize(
    ("size", "rows", "columns"),
    [
        ((7, 9), (0, 7), (0, 9)),
        ((1003, 2), (1, 1001), (0, 2)),
        ((2, 1006), (0, 2), (3, 1003)),
        ((1001, 1004), (0, 1000), (2, 1002)),
        ((1000, 1000), (0, 1000), (0, 1000)),
        ((1000, 998), (0, 1000), (997, 998)),
        ((700, 1000), (550, 700), (0, 1000)),
        ((1000, 300), (0, 1000), (0, 300)),
    ],
)
def test_statistics_come_from_the_window_of_the_authors(
    size: tuple[int, int], rows: tuple[int, int], columns: tuple[int, int]
) -> None:
    where = torch.arange(size[0] * size[1]).view(1, 1, *size)
    expected = where[:, :, slice(*rows), slice(*columns)]
    assert torch.equal(centre_crop(where), expected)


def test_constant_features_are_gated_without_nan_in_value_and_gradient() -> None:
    features = torch.full((1, 8, 5, 5), 3.0, requires_grad=True)
    output = SecondOrderChannelAttention(8, reduction=4)(features)
    output.sum().backward()
    assert output.isfinite().all()
    assert features.grad is not None
    assert features.grad.isfinite().all()


def test_every_channel_is_scaled_by_one_gate_between_zero_and_one() -> None:
    features = torch.randn(2, 8, 5, 6)
    with torch.no_grad():
        gate = SecondOrderChannelAttention(8, reduction=4)(features) / features
    assert ((gate > 0) & (gate < 1)).all()
    torch.testing.assert_close(gate, gate[:, :, :1, :1].expand_as(gate))
