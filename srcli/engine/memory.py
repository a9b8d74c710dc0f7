"""Limits of tiles and pictures, and errors of memory."""

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
LARGEST_SIDE = 1536
MEMORY_SHARE = 2
"""A tile may take one part in so many of a GPU's memory."""
BYTES_OF_PIXEL = 2048
"""Bytes on a GPU for each pixel of a tile's output: four layers of 64 channels in float32, and as
much again for the convolutions."""
SMALLEST_TILE = 32
UNCHECKED_BYTES = 64 * 2**20
"""Most bytes for which free memory is not checked."""
BYTES_PER_PIXEL = 12
"""Bytes of a pixel of a picture between two passes: three float32 samples."""


_OUT_OF_MEMORY = ("can't allocate memory", "out of memory", "could not create a primitive")
"""What PyTorch says of it, and last oneDNN, which needs memory for the code of a convolution."""


def default_tile(traits: NetworkTraits, output: int = DEFAULT_SIDE) -> int:
    """Return the side of a tile, in pixels of the network's input.

    The output of a tile is about as large at every scale. A network that compares all pixels with
    each other has a tile of its own in its traits.

    Args:
        traits: traits of the network.
        output: side of the output of a tile. 512 pixels are few enough for the caches of a laptop,
            and enough to make the halo a small part of a tile.

    """
    side = output // traits.output_scale
    return max(SMALLEST_TILE, min(side, traits.tile or side))


def output_side(device: torch.device) -> int:
    """Return the side of the output of a tile that suits a device.

    CUDA takes larger tiles where the device has memory for them: they have less halo, and fewer
    kernels to start. A large picture still has some tiles, so that one is fetched while another is
    computed. The side does not depend on what is free, so that a device always cuts alike.
    """
    if device.type != "cuda":
        return DEFAULT_SIDE
    _, total = torch.cuda.mem_get_info(device)
    side = math.isqrt(total // MEMORY_SHARE // BYTES_OF_PIXEL)
    return min(LARGEST_SIDE, max(DEFAULT_SIDE, side))


def is_out_of_memory(error: RuntimeError) -> bool:
    """Tell whether PyTorch ran out of memory, on any device."""
    if isinstance(error, torch.OutOfMemoryError):
        return True
    return any(words in str(error) for words in _OUT_OF_MEMORY)


@contextmanager
def memory_errors(message: str, *, hint: str) -> Iterator[None]:
    """Turn errors of memory, PyTorch's or Python's, into OutOfMemory with this message."""
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
        needed: number of bytes that it takes.
        frames: number of pictures of that size in the result.

    Raises:
        OutOfMemory: fewer bytes are free; the message has both numbers.

    """
    if needed <= UNCHECKED_BYTES:
        return
    free = host_memory()
    if needed > free:
        each = f"{frames} frames of " if frames > 1 else ""
        msg = (
            f"A result of {each}{size[1]}x{size[0]} pixels needs about {needed / 1e9:.1f} GB "
            f"of memory, and {free / 1e9:.1f} GB are free."
        )
        raise OutOfMemory(msg, hint="Ask for a smaller size.")
