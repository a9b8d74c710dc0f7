"""How large a tile and a picture may be, and what to do when it was too large."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import torch

from srcli.errors import OutOfMemory
from srcli.networks.spec import NetworkTraits

DEFAULT_SIDE = 512
SMALLEST_TILE = 32
PETTY = 64 * 2**20
"""Bytes that a picture may need without anybody asking how many are free."""
BYTES_PER_OUTPUT_PIXEL = 36
"""Three float32 pictures of three channels: a pass's input and output, and their resizing."""


def default_tile(traits: NetworkTraits) -> int:
    """Return the side of a tile, in pixels of the network's input.

    A tile's output is about 512 pixels a side, whatever the scale: small enough for a laptop
    and its caches, large enough that the halo is a small part of it. Networks that compare all
    pixels with all others say themselves what is large.
    """
    side = DEFAULT_SIDE // (traits.scale or 1)
    return max(SMALLEST_TILE, min(side, traits.tile or side))


def is_out_of_memory(error: RuntimeError) -> bool:
    """Tell whether PyTorch ran out of memory, on any device."""
    if isinstance(error, torch.OutOfMemoryError):
        return True
    text = str(error)
    return "can't allocate memory" in text or "out of memory" in text


def smaller(tile: int) -> int | None:
    """Return the next smaller tile to try, or None if there is none."""
    return tile // 2 if tile // 2 >= SMALLEST_TILE else None


def check_fits(height: int, width: int) -> None:
    """Refuse a result that cannot be held in host memory, before any work.

    Raises:
        OutOfMemory: with the sizes.

    """
    needed = height * width * BYTES_PER_OUTPUT_PIXEL
    if needed <= PETTY:
        return
    free = host_memory()
    if needed > free:
        msg = (
            f"a result of {width}x{height} pixels needs about {needed / 1e9:.1f} GB of memory, "
            f"and {free / 1e9:.1f} GB are free"
        )
        raise OutOfMemory(msg, hint="ask for a smaller size")


def host_memory() -> int:
    """Return the bytes of memory that this process may still take.

    The smaller of what the machine has and what its control group allows; 2^63 - 1 where
    neither can be read.
    """
    amounts = [_machine_memory(), _group_memory()]
    return min([amount for amount in amounts if amount is not None], default=sys.maxsize)


def _machine_memory() -> int | None:
    try:
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, AttributeError):
        return None


def _group_memory() -> int | None:
    group = Path("/sys/fs/cgroup")
    try:
        limit = (group / "memory.max").read_text(encoding="ascii").strip()
        used = (group / "memory.current").read_text(encoding="ascii").strip()
        return None if limit == "max" else max(0, int(limit) - int(used))
    except (OSError, ValueError):
        return None
