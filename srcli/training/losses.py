"""What training makes small: one number for an output and its target."""

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
"""Of (B, 3, H, W) in [0, 1]: mean absolute error, and mean squared error, which is what PSNR
measures, with gradients that shrink where the error does."""
