"""Fetch what a device makes to the host, while the device works on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

Fetched = Callable[[], tuple[Tensor, ...]]
"""Waits for tensors, and returns them in host memory."""


class Fetcher:
    """Fetches tensors when they are asked for; those of a processor are there already.

    Attributes:
        depth: number of tiles that a device is given before the result of the first is awaited.

    """

    depth = 1

    def fetch(self, *tensors: Tensor) -> Fetched:
        """Begin to fetch tensors from a device, and return what waits for them."""
        return lambda: tuple(tensor.cpu() for tensor in tensors)


class CudaFetcher(Fetcher):
    """Fetches tensors on a stream of its own, while the next tile is computed on another.

    PyTorch keeps memory that is not in use and cannot be swapped out, so each tile takes that of
    an earlier one of its size.
    """

    depth = 2

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self.stream: Any = torch.cuda.Stream(device)  # type: ignore[no-untyped-call] # PyTorch's

    def fetch(self, *tensors: Tensor) -> Fetched:
        """Begin to fetch tensors from a device, and return what waits for them."""
        made = [tensor.contiguous() for tensor in tensors]
        self.stream.wait_stream(torch.cuda.current_stream(self.device))
        with torch.cuda.stream(self.stream):
            copies = tuple(_copied(tensor) for tensor in made)
            arrived = self.stream.record_event()
        for tensor in made:
            tensor.record_stream(self.stream)

        def wait() -> tuple[Tensor, ...]:
            arrived.synchronize()
            return copies

        return wait


def _copied(tensor: Tensor) -> Tensor:
    """Return a copy on the host, which is complete when the current stream gets there."""
    copy = torch.empty(tensor.shape, dtype=tensor.dtype, pin_memory=True)
    return copy.copy_(tensor, non_blocking=True)


def fetcher_for(device: torch.device) -> Fetcher:
    """Return the fetcher that suits a device."""
    return CudaFetcher(device) if device.type == "cuda" else Fetcher()
