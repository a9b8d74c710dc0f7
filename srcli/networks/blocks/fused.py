"""Convolutions of rows whose result passes a ReLU, or is added to others, while it is in the cache.

oneDNN does either as the last step of a convolution. The operators for it, which PyTorch's compiler
uses, have no public names. So each is tried first, where no one counts what runs: if it is missing,
or makes other bits than the operations one by one, those run instead.
"""

from __future__ import annotations

from contextlib import suppress
from functools import cache
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - PyTorch's own usage
from torch.utils._mode_utils import no_dispatch

from srcli.networks.blocks.convolution import NARROW, convolve_rows

TRIED_ROWS, TRIED_COLUMNS = 12, 2 * NARROW
LastStep = Literal["none", "relu", "sum"]
BESIDE, EACH, ALL = [0, 1], [1, 1], 1
"""Zeros beside an input and none above it, a step of one pixel, and all channels in one group."""


def convolve_relu(rows_1CHW: Tensor, kernel: Tensor, bias: Tensor) -> Tensor:
    """Return the ReLU of what ``convolve_rows`` returns.

    What is not a number may become 0, so the kernel and the bias have to be finite.
    """
    if _is_exact("relu", rows_1CHW, kernel):
        return _fused("relu", rows_1CHW, kernel, bias)
    return F.relu(convolve_rows(rows_1CHW, kernel, bias), inplace=True)


def add_convolved(total_1CHW: Tensor, rows_1CHW: Tensor, kernel: Tensor, bias: Tensor) -> None:
    """Add what ``convolve_rows`` returns to ``total_1CHW``, in place."""
    if _is_exact("sum", rows_1CHW, kernel):
        _add_fused(total_1CHW, rows_1CHW, kernel, bias)
    elif _is_exact("none", rows_1CHW, kernel):  # a small input need not run twice
        total_1CHW += _fused("none", rows_1CHW, kernel, bias)
    else:
        total_1CHW += convolve_rows(rows_1CHW, kernel, bias)


def _fused(last_step: str, rows_1CHW: Tensor, kernel: Tensor, bias: Tensor) -> Tensor:
    run = torch.ops.mkldnn._convolution_pointwise  # noqa: SLF001 - see above
    made: Tensor = run(rows_1CHW, kernel, bias, BESIDE, EACH, EACH, ALL, last_step, [], "")
    return made


def _add_fused(total_1CHW: Tensor, rows_1CHW: Tensor, kernel: Tensor, bias: Tensor) -> None:
    run = torch.ops.mkldnn._convolution_pointwise_.binary
    inputs = rows_1CHW, kernel, bias
    run(total_1CHW, *inputs, BESIDE, EACH, EACH, ALL, "add", 1.0, None, [], None)


def _is_exact(last_step: LastStep, rows_1CHW: Tensor, kernel: Tensor) -> bool:
    """Tell whether a fused convolution makes the bits that ``convolve_rows`` does, and the step."""
    is_widened = kernel.dtype == torch.bfloat16 and rows_1CHW.shape[3] < NARROW
    return not is_widened and _was_exact(last_step, kernel.shape, kernel.dtype)


@cache
def _was_exact(last_step: LastStep, shape: torch.Size, dtype: torch.dtype) -> bool:
    """Try a fused convolution for a shape of kernels."""
    with no_dispatch(), suppress(AttributeError, RuntimeError, TypeError):  # without an operator
        rows, kernel, bias, total = _sample(shape, dtype)
        plain = convolve_rows(rows, kernel, bias)
        if last_step == "sum":
            plain += total
            _add_fused(total, rows, kernel, bias)
            return torch.equal(total, plain)
        made = _fused(last_step, rows, kernel, bias)
        return torch.equal(made, plain.clamp(min=0) if last_step == "relu" else plain)
    return False


def _sample(shape: torch.Size, dtype: torch.dtype) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return random rows, a kernel of a shape, its bias, and a part of other rows to add to."""
    random = torch.Generator().manual_seed(0)

    def drawn(*size: int) -> Tensor:
        return torch.randn(size, generator=random).to(dtype)

    outputs, inputs = shape[:2]
    made = (
        drawn(1, inputs, TRIED_ROWS, TRIED_COLUMNS),
        drawn(*shape),
        drawn(1, outputs, TRIED_ROWS, TRIED_COLUMNS),
    )
    rows, kernel, total = (one.contiguous(memory_format=torch.channels_last) for one in made)
    return rows, kernel, drawn(outputs), total[:, :, 1:-1]
