"""Send tensors from the host to a device."""

from __future__ import annotations

import torch
from torch import Tensor


def sent(tensor: Tensor, device: torch.device) -> Tensor:
    """Return a tensor of the host on ``device``, or the same one if it is there.

    CUDA copies from memory that cannot be swapped out, when its queue gets there, and the host
    goes on at once. From other memory the host would wait for all work before the copy.
    """
    if device.type != "cuda" or tensor.device.type != "cpu":
        return tensor.to(device)
    pinned = torch.empty(tensor.shape, dtype=tensor.dtype, pin_memory=True).copy_(tensor)
    return pinned.to(device, non_blocking=True)
