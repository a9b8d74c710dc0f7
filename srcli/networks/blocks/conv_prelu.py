"""A convolution with a PReLU of its own, as in CSNLN, PANet and CIRN."""

from __future__ import annotations

from torch import nn


def with_prelu(convolution: nn.Module) -> nn.Sequential:
    """Append a PReLU to a convolution, with one slope for all channels."""
    return nn.Sequential(convolution, nn.PReLU())
