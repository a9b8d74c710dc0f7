"""A convolution followed by its own PReLU, the unit that CSNLN and PANet are made of."""

from __future__ import annotations

from torch import nn


def activated(convolution: nn.Module) -> nn.Sequential:
    """Append a PReLU with one slope for all channels."""
    return nn.Sequential(convolution, nn.PReLU())
