"""The losses that training minimises."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - PyTorch's own usage

LossName = Literal["l1", "l2"]

LOSSES: Mapping[LossName, Callable[[Tensor, Tensor], Tensor]] = {
    "l1": F.l1_loss,
    "l2": F.mse_loss,
}
"""Functions of an output and its target, both (B, 3, H, W) in [0, 1], by name.

``l1`` is the mean absolute error. ``l2`` is the mean squared error, which PSNR measures; its
gradient is in proportion to the error."""
