"""Continue a picture beyond its borders."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - PyTorch's own usage

from srcli.pixels.region import Region


def extend_to(image: Tensor, *, multiple: int = 1, minimum: int = 1) -> Tensor:
    """Repeat the last row and column until the sides of a picture fit a network.

    Args:
        image: (B, C, H, W), not empty.
        multiple: number that must divide both sides.
        minimum: smallest length of both sides.

    """
    height, width = image.shape[-2:]
    below, right = (_missing(side, multiple, minimum) for side in (height, width))
    if below == right == 0:
        return image
    return F.pad(image, (0, right, 0, below), mode="replicate")


def _missing(side: int, multiple: int, minimum: int) -> int:
    wanted = -(-max(side, minimum) // multiple) * multiple
    return wanted - side


def mirror(image: Tensor, rows: tuple[int, int], columns: tuple[int, int]) -> Tensor:
    """Continue a picture by its mirror image. The outermost sample is repeated, as in MATLAB.

    Args:
        image: (B, C, H, W), not empty. A short side is mirrored again and again.
        rows: numbers of rows to add above and below.
        columns: numbers of columns to add on the left and on the right.

    """
    for axis, (before, after) in ((2, rows), (3, columns)):
        if before or after:
            length = image.shape[axis]
            position = torch.arange(-before, length + after, device=image.device)
            image = image.index_select(axis, mirrored(position, length))
    return image


def wrapped(image: Tensor, region: Region) -> Tensor:
    """Return a window of ``image`` (..., H, W), which is repeated endlessly on all sides."""
    for axis, start, stop in ((-2, region.top, region.bottom), (-1, region.left, region.right)):
        length = image.shape[axis]
        pieces = [image.narrow(axis, first, count) for first, count in _pieces(start, stop, length)]
        image = pieces[0] if len(pieces) == 1 else torch.cat(pieces, axis)
    return image


def _pieces(start: int, stop: int, length: int) -> Iterator[tuple[int, int]]:
    """Yield the first position and the length of each piece between two repetitions.

    Older PyTorch cannot index uint16, but it can join windows of it.
    """
    first = start % length
    count = min(length - first, stop - start)
    yield first, count
    if start + count < stop:
        yield from _pieces(start + count, stop, length)


def mirrored(position: Tensor, length: int) -> Tensor:
    """Return the index of the sample at each whole position of an endlessly mirrored axis."""
    position = position.remainder(2 * length)
    return torch.where(position < length, position, 2 * length - 1 - position)
