"""Start a deep chain of convolutions from a shallow one that is trained.

The layers of the shallow chain are taken over, its last one as the last. Those between start as
the identity. A ReLU before them has left nothing below zero, and keeps what they pass on, so the
deep network begins exactly as the shallow one ends (Chen, Goodfellow, Shlens, "Net2Net", ICLR
2016, arXiv 1511.05641).
"""

from __future__ import annotations

from torch import nn

from srcli.networks.spec import SrNetwork
from srcli.networks.vdsr import Vdsr


def grow(network: SrNetwork, source: SrNetwork) -> bool:
    """Take over a shallower network of the same kind and width, and say whether it is one."""
    if not (isinstance(network, Vdsr) and isinstance(source, Vdsr)):
        return False
    if source.config.channels != network.config.channels:
        return False
    if not 1 < source.config.layers < network.config.layers:
        return False
    grow_chain(network.layers, source.layers)
    return True


def grow_chain(deep: nn.ModuleList, shallow: nn.ModuleList) -> None:
    """Fill ``deep``, convolutions with a ReLU between, so that it computes what ``shallow`` does.

    Args:
        deep: at least as many convolutions as ``shallow``, those inside of one width.
        shallow: at least two convolutions, of the kernels and widths of the ends of ``deep``.

    """
    first, last = list(shallow)[:-1], shallow[-1]
    for layer, trained in zip(deep, first, strict=False):
        layer.load_state_dict(trained.state_dict())
    for layer in list(deep)[len(first) : -1]:
        nn.init.dirac_(layer.get_parameter("weight"))
        nn.init.zeros_(layer.get_parameter("bias"))
    deep[-1].load_state_dict(last.state_dict())
