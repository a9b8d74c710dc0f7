"""Bring a picture to a size that a network can take, by repeating its last row and column."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - PyTorch's own usage


def extend_to(image: Tensor, *, multiple: int = 1, minimum: int = 1) -> Tensor:
    """Repeat the last row and column until both sides fit; a side that fits is left alone.

    Args:
        image: (B, C, H, W), not empty.
        multiple: both sides become divisible by this.
        minimum: both sides become at least this.

    """
    height, width = image.shape[-2:]
    below, right = (_missing(side, multiple, minimum) for side in (height, width))
    if below == right == 0:
        return image
    return F.pad(image, (0, right, 0, below), mode="replicate")


def _missing(side: int, multiple: int, minimum: int) -> int:
    wanted = -(-max(side, minimum) // multiple) * multiple
    return wanted - side
