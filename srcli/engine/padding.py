"""Fit a tile to the sizes that a network accepts, and cut its output back."""

from __future__ import annotations

import math

from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - PyTorch's own usage

from srcli.networks.spec import NetworkTraits


def pad_to_fit(image: Tensor, traits: NetworkTraits) -> Tensor:
    """Repeat the last row and column until both sides are legal for the network."""
    below, right = (_missing(n, traits) for n in image.shape[2:])
    if not below and not right:
        return image
    return F.pad(image, (0, right, 0, below), mode="replicate")


def _missing(length: int, traits: NetworkTraits) -> int:
    wanted = max(length, traits.minimum_size)
    return math.ceil(wanted / traits.size_multiple) * traits.size_multiple - length
