from __future__ import annotations

import pytest
import torch

from srcli.pixels.checks import check_image


@pytest.mark.parametrize(
    "dtype", [torch.float32, torch.float64, torch.bfloat16, torch.uint8, torch.uint16]
)
@pytest.mark.parametrize("shape", [(1, 3, 1, 1), (4, 3, 5, 7)])
def test_rgb_batches_pass(shape: tuple[int, ...], dtype: torch.dtype) -> None:
    check_image(torch.zeros(shape, dtype=dtype))


@pytest.mark.parametrize(
    "shape", [(3, 4, 5), (1, 1, 4, 5), (1, 4, 4, 5), (0, 3, 4, 5), (1, 3, 0, 5), (1, 3, 4, 0)]
)
def test_other_shapes_are_refused_by_name(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="expected an RGB batch") as refusal:
        check_image(torch.zeros(shape))
    assert str(shape) in str(refusal.value)


def test_other_integers_are_refused() -> None:
    with pytest.raises(ValueError, match=r"got torch\.int64"):
        check_image(torch.zeros(1, 3, 2, 2, dtype=torch.int64))
