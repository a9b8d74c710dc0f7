"""Reject headers and checkpoints that describe a network much larger than their file."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from srcli.errors import CorruptWeights

LARGER = 2
"""How many times its file a network may be, so that what is missing can still be listed."""
FREE = 1 << 20
"""The number of samples that every network may have, however small its file is."""
FREE_TENSORS = 1 << 10
"""The number of tensors that every network may make, however small its file is."""


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

    Only what this thread makes is counted, before it takes memory. Other threads, of this
    program or of another one that uses it as a library, build what they like meanwhile.

    Args:
        tensors: what the file holds.
        file: what the message calls it.

    Raises:
        CorruptWeights: from within, at the first tensor too many, or without samples.

    """
    filled = sum(tensor.numel() for tensor in tensors if is_filled(tensor))
    allowance = _Allowance(
        tensors=LARGER * len(tensors) + FREE_TENSORS,
        samples=LARGER * filled + FREE,
        refusal=f"{file} claims to be a far larger network than its {len(tensors)} tensors fill.",
        hollow=f"{file} claims to be a network with weights of no samples.",
    )
    with allowance:
        yield


class _Allowance(TorchDispatchMode):  # type: ignore[no-untyped-call]  # PyTorch's has no types
    """Counts the tensors that are made from nothing; PyTorch keeps its modes for each thread."""

    def __init__(self, *, tensors: int, samples: int, refusal: str, hollow: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # the same
        self._tensors = tensors
        self._samples = samples
        self._refusal = refusal
        self._hollow = hollow

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """Keep PyTorch from loading its compiler, which takes a second and is not used here."""
        return False

    def __torch_dispatch__(
        self,
        func: Any,  # noqa: ANN401 - an operator, whose class has no public name
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:  # noqa: ANN401 - whatever the operator gives
        """Run one operator, after taking what it makes from the allowance."""
        del types
        named = dict(kwargs or {})
        if "device" in named and not any(isinstance(value, Tensor) for value in args):
            self._take(_samples(func, args, named))
        return func(*args, **named)

    def _take(self, samples: int) -> None:
        if not samples:
            raise CorruptWeights(self._hollow)
        self._tensors -= 1
        self._samples -= samples
        if self._tensors < 0 or self._samples < 0:
            raise CorruptWeights(self._refusal)


def _samples(func: Callable[..., Any], args: tuple[Any, ...], named: dict[str, Any]) -> int:
    """Return how many samples an operator would make, by having it make them without memory."""
    described = func(*args, **{**named, "device": torch.device("meta"), "pin_memory": False})
    return described.numel() if isinstance(described, Tensor) else 0
