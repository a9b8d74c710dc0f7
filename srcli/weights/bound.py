"""No network may be far larger than the file that is to fill it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.nn.modules.module import register_module_parameter_registration_hook

from srcli.errors import CorruptWeights

LARGER = 2
"""How many times its file a network may be, so that what is missing can still be listed."""
FREE = 1 << 20
"""Samples that every network may have, whatever its file holds."""


def is_filled(tensor: Tensor) -> bool:
    """Tell whether a tensor has a sample in memory for each of its own; an expanded one has not."""
    return (
        tensor.layout == torch.strided
        and not tensor.is_meta
        and tensor.numel() * tensor.element_size() <= tensor.untyped_storage().nbytes()
    )


@contextmanager
def bounded_by(tensors: Collection[Tensor], file: object = "the file") -> Iterator[None]:
    """Stop the building of networks that ask for far more than ``tensors`` could fill.

    A parameter is counted before it is initialised, and so before it takes memory.

    Args:
        tensors: what the file holds.
        file: what the message calls it.

    Raises:
        CorruptWeights: from within, at the first parameter too many.

    """
    count = LARGER * len(tensors)
    samples = LARGER * sum(tensor.numel() for tensor in tensors if is_filled(tensor)) + FREE

    def take(_module: nn.Module, _name: str, parameter: nn.Parameter) -> None:
        nonlocal count, samples
        count -= 1
        samples -= parameter.numel()
        if count < 0 or samples < 0:
            msg = f"{file} claims to be a far larger network than its {len(tensors)} tensors fill"
            raise CorruptWeights(msg)

    hook = register_module_parameter_registration_hook(take)
    try:
        yield
    finally:
        hook.remove()
