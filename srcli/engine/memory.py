"""How large a tile and a picture may be, and what to do when it was too large."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise

import torch

from srcli.engine.host import host_memory
from srcli.engine.recursion import Pass
from srcli.errors import OutOfMemory
from srcli.networks.spec import NetworkTraits

DEFAULT_SIDE = 512
SMALLEST_TILE = 32
UNCHECKED_BYTES = 64 * 2**20
"""Bytes that a picture may need without a check of how many are free."""
BYTES_PER_PIXEL = 12
"""Three float32 samples: of a picture between two passes."""


def default_tile(traits: NetworkTraits) -> int:
    """Return the side of a tile, in pixels of the network's input.

    A tile's output is about 512 pixels a side, whatever the scale: small enough for a laptop
    and its caches, large enough that the halo is a small part of it. Networks that compare all
    pixels with all others say themselves what is large.
    """
    side = DEFAULT_SIDE // traits.output_scale
    return max(SMALLEST_TILE, min(side, traits.tile or side))


def is_out_of_memory(error: RuntimeError) -> bool:
    """Tell whether PyTorch ran out of memory, on any device."""
    if isinstance(error, torch.OutOfMemoryError):
        return True
    text = str(error)
    return "can't allocate memory" in text or "out of memory" in text


@contextmanager
def memory_errors(message: str, *, hint: str) -> Iterator[None]:
    """Turn running out of memory, PyTorch's or Python's, into OutOfMemory of that message."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and not is_out_of_memory(error):
            raise
        raise OutOfMemory(message, hint=hint) from error


def smaller_tile(tile: int) -> int | None:
    """Return the next smaller tile to try, or None if there is none."""
    return tile // 2 if tile // 2 >= SMALLEST_TILE else None


def working_bytes(passes: Sequence[Pass]) -> int:
    """Return the bytes of host memory that pictures between passes take, two at a time."""
    areas = [math.prod(step.size) for step in passes[:-1]]
    return BYTES_PER_PIXEL * max(map(sum, pairwise([0, *areas])), default=0)


def check_fits(size: tuple[int, int], needed: int, *, frames: int = 1) -> None:
    """Refuse a result that would take more host memory than is free, before any work.

    Args:
        size: (height, width) of the result.
        needed: bytes.
        frames: pictures of that size in the result.

    Raises:
        OutOfMemory: with the numbers.

    """
    if needed <= UNCHECKED_BYTES:
        return
    free = host_memory()
    if needed > free:
        each = f"{frames} frames of " if frames > 1 else ""
        msg = (
            f"a result of {each}{size[1]}x{size[0]} pixels needs about {needed / 1e9:.1f} GB "
            f"of memory, and {free / 1e9:.1f} GB are free"
        )
        raise OutOfMemory(msg, hint="ask for a smaller size")
