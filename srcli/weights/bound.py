"""No network may be far larger than the file that is to fill it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager

from torch import Tensor, nn
from torch.nn.modules.module import register_module_parameter_registration_hook

from srcli.errors import CorruptWeights

LARGER = 2
"""How many times its file a network may be, so that what is missing can still be listed."""
FREE = 1 << 20
"""Samples that every network may have, whatever its file holds."""


@contextmanager
def bounded_by(tensors: Collection[Tensor]) -> Iterator[None]:
    """Stop the building of networks that ask for far more than ``tensors`` could fill.

    A parameter is counted before it is initialised, and so before it takes memory.

    Raises:
        CorruptWeights: from within, at the first parameter too many.

    """
    count = LARGER * len(tensors)
    samples = LARGER * sum(tensor.numel() for tensor in tensors) + FREE

    def take(_module: nn.Module, _name: str, parameter: nn.Parameter) -> None:
        nonlocal count, samples
        count -= 1
        samples -= parameter.numel()
        if count < 0 or samples < 0:
            msg = f"a file of {len(tensors)} tensors claims to be a far larger network"
            raise CorruptWeights(msg)

    hook = register_module_parameter_registration_hook(take)
    try:
        yield
    finally:
        hook.remove()
