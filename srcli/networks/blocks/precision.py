"""What must not be computed in half precision: scores, softmax, covariance."""

from __future__ import annotations

import torch
from torch import Tensor


def at_least_float32(samples: Tensor) -> Tensor:
    """Widen half precision to float32; leave float32 and float64 alone."""
    return samples.to(torch.promote_types(samples.dtype, torch.float32))
