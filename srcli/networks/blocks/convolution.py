"""Convolutions whose results do not depend on the size of their input."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - PyTorch's own usage
from torch.overrides import TorchFunctionMode

NATIVE_SAMPLES = 20_480
"""A single input of so many samples or fewer PyTorch convolves in another way on a processor,
whose last bits may differ (``use_mkldnn`` in its Convolution.cpp)."""
NARROW = 64
"""Columns below which an input is convolved as the left part of a wider one, in bfloat16. On
processors with AMX, oneDNN adds products in another order, for some numbers of channels, where a
convolution makes fewer than 52 columns; its height makes no difference."""


def convolve_rows(rows_1CHW: Tensor, kernel: Tensor, bias: Tensor) -> Tensor:
    """Convolve with a 3x3 kernel that is padded with zeros on the left and right alone.

    Returns:
        (1, C', H - 2, W), to the bit what is computed in the middle of a larger picture.

    """
    width = rows_1CHW.shape[3]
    if rows_1CHW.dtype == torch.bfloat16 and width < NARROW:
        rows_1CHW = _widened(rows_1CHW)
    if rows_1CHW.numel() <= NATIVE_SAMPLES:
        twice = torch.cat((rows_1CHW, rows_1CHW))
        return F.conv2d(twice, kernel, bias, padding=(0, 1))[:1, ..., :width]
    return F.conv2d(rows_1CHW, kernel, bias, padding=(0, 1))[..., :width]


class WideConvolutions(TorchFunctionMode):
    """Convolves what is narrower than ``NARROW`` as the left part of a wider input.

    Beyond an input lie zeros either way, so the result is the same but for its last bits. Those are
    the bits that a wide picture has in its middle. A convolution that leaves pixels out is not
    changed.
    """

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:  # noqa: ANN401 - of any function of PyTorch
        del types
        named = kwargs or {}
        if func is not F.conv2d or args[0].shape[3] >= NARROW or _leaves_out(args, named):
            return func(*args, **named)
        image_BCHW, *others = args
        made = func(_widened(image_BCHW), *others, **named)
        return made[..., : made.shape[3] - (NARROW - image_BCHW.shape[3])]


def _widened(image_BCHW: Tensor) -> Tensor:
    """Append columns of zeros, up to ``NARROW``."""
    return F.pad(image_BCHW, (0, NARROW - image_BCHW.shape[3]))


def _leaves_out(args: Sequence[Any], named: Mapping[str, Any]) -> bool:
    """Tell whether a call of conv2d with (image, kernel, bias, stride, ...) leaves pixels out."""
    stride = named.get("stride", args[3] if len(args) > 3 else 1)  # noqa: PLR2004 - its place
    return (tuple(stride) if isinstance(stride, Sequence) else (stride,)) not in {(1,), (1, 1)}
