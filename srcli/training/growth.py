"""Start a large network from a small one that is trained, so that it begins as that one ends.

Source: Chen, Goodfellow, Shlens, "Net2Net", ICLR 2016, arXiv 1511.05641.

- A chain of convolutions gets deeper. The layers of the shallow chain are taken over, its last one
  as the last. Those between start as the identity: a ReLU before them has left nothing below zero,
  and keeps what they pass on.
- A network of residual blocks gets deeper and wider. Blocks that are added start by adding nothing.
  Channels that are added start with random kernels, and what was there does not read them yet.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor, nn

from srcli.networks.asdn import LocalAsdn
from srcli.networks.spec import SrNetwork
from srcli.networks.vdsr import Vdsr

TRUNKS = ("blocks", "upper")
"""Lists of residual blocks of a local ASDN that may be longer than before."""


def grow(network: SrNetwork, source: SrNetwork) -> bool:
    """Take over a smaller network of the same kind, and say whether it is one."""
    if isinstance(network, LocalAsdn) and isinstance(source, LocalAsdn):
        return _grow_asdn(network, source)
    if isinstance(network, Vdsr) and isinstance(source, Vdsr):
        return _grow_vdsr(network, source)
    return False


def _grow_vdsr(network: Vdsr, source: Vdsr) -> bool:
    if source.config.channels != network.config.channels:
        return False
    if not 1 < source.config.layers < network.config.layers:
        return False
    grow_chain(network.layers, source.layers)
    return True


def _grow_asdn(network: LocalAsdn, source: LocalAsdn) -> bool:
    large, small = network.config, source.config
    sizes = {name: getattr(large, name) for name in ("width", "blocks", "upper_blocks")}
    least = [getattr(small, name) for name in sizes]
    is_larger = large != small and all(map(int.__ge__, sizes.values(), least))
    if replace(small, **sizes) != large or not is_larger:
        return False
    trained = source.state_dict()
    for key, tensor in network.state_dict().items():
        if key in trained:
            _widen(tensor, trained[key])
    for trunk in TRUNKS:
        before = len(list(source.get_submodule(trunk).children()))
        for block in list(network.get_submodule(trunk).children())[before:]:
            for parameter in block.get_submodule("second").parameters():
                nn.init.zeros_(parameter)
    return True


@torch.no_grad()
def _widen(tensor: Tensor, trained: Tensor) -> None:
    """Fill a kernel or a bias in place, so that its first outputs are those of ``trained``."""
    outputs = len(trained)
    if trained.ndim == 1:
        tensor.zero_()
        tensor[:outputs] = trained
        return
    tensor[:outputs] = 0
    tensor[:outputs, : trained.shape[1]] = trained


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
