"""Widen samples for sums that half precision would spoil: scores, softmax and covariance."""

from __future__ import annotations

import torch
from torch import Tensor


def at_least_float32(samples: Tensor) -> Tensor:
    """Return half precision as float32, and float32 and float64 as they are."""
    return samples.to(torch.promote_types(samples.dtype, torch.float32))
