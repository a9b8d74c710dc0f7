"""Heads of single ratios. They are bare convolutions, so two of them blend into one."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

HEAD_BOUND = 2e-3
"""Bound of the weights of new heads. It is small, so training starts near bicubic."""


def fresh_heads(width: int, samples: int, count: int) -> nn.ModuleList:
    """Make heads from ``width`` channels to ``samples``."""
    heads = nn.ModuleList(nn.Conv2d(width, samples, 3, padding=1) for _ in range(count))
    for head in heads:
        nn.init.uniform_(head.get_parameter("weight"), -HEAD_BOUND, HEAD_BOUND)
        nn.init.zeros_(head.get_parameter("bias"))
    return heads


def blended_head(
    heads: Sequence[nn.Module | None], level: int, weight: float
) -> tuple[Tensor, Tensor]:
    """Return kernel and bias of head ``level``, blended with a share ``weight`` of the head below.

    A head that is None adds nothing.
    """
    kernel, bias = _parameters(heads[level])
    if weight == 0:
        return kernel, bias
    kernel, bias = (1 - weight) * kernel, (1 - weight) * bias
    below = heads[level - 1]
    if below is not None:
        below_kernel, below_bias = _parameters(below)
        kernel, bias = kernel + weight * below_kernel, bias + weight * below_bias
    return kernel, bias


def _parameters(head: nn.Module | None) -> tuple[Tensor, Tensor]:
    if head is None:
        msg = "a ratio needs a head"
        raise ValueError(msg)
    return head.get_parameter("weight"), head.get_parameter("bias")
