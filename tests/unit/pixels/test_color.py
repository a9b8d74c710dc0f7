from __future__ import annotations

import pytest
import torch

from srcli.pixels.color import luma, quantize


@pytest.mark.parametrize(
    ("rgb", "expected"),
    [
        ((0, 0, 0), 16),
        ((1, 1, 1), 235),
        ((1, 0, 0), 81.481),
        ((0, 1, 0), 144.553),
        ((0, 0, 1), 40.966),
        ((0.2, 0.4, 0.6), 16 + 13.0962 + 51.4212 + 14.9796),
    ],
)
def test_luma_is_that_of_matlab(rgb: tuple[float, float, float], expected: float) -> None:
    image = torch.tensor(rgb, dtype=torch.float64).view(1, 3, 1, 1)
    assert luma(image).item() == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_luma_keeps_the_batch_the_size_and_the_dtype(dtype: torch.dtype) -> None:
    result = luma(torch.zeros(2, 3, 4, 5, dtype=dtype))
    assert result.shape == (2, 1, 4, 5)
    assert result.dtype == dtype


def test_quantizing_keeps_the_256_levels() -> None:
    levels = torch.arange(256) / 255
    assert torch.equal(quantize(levels), levels)


def test_quantizing_rounds_halves_up_and_clamps() -> None:
    image = torch.tensor([-0.3, 0.49, 0.5, 1.5, 254.5, 300], dtype=torch.float64) / 255
    assert (quantize(image) * 255).tolist() == [0, 0, 1, 2, 255, 255]


def test_quantizing_leaves_its_input_alone() -> None:
    image = torch.tensor([-1.0, 0.3, 2.0])
    quantize(image)
    assert image.tolist() == torch.tensor([-1.0, 0.3, 2.0]).tolist()
