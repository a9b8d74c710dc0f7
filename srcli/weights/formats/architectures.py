"""What the engine must know of other people's architectures, besides what spandrel tells.

``benchmarks/architectures.py`` measured each entry on random weights; docs/models.md has the table.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import nn

from srcli.networks.spec import FixedScaleTraits
from srcli.networks.statistics import (
    share_channel_attention,
    share_normalisation,
    share_pooling,
)

OVERLAP = 32
"""Rows and columns around a tile that suffice for most networks."""
WIDE = 64
"""Rows and columns around a tile for networks that look farther."""
LARGEST_REACH = 48
"""Up to which halos of tiles are as wide as the reach; wider ones would cost too much."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Architecture:
    """How the networks of one architecture see.

    Attributes:
        window: returns the side of the windows of one network, in pixels of its input.
        overlap: rows and columns of its surroundings that a tile is shown on each side. The outer
            half is not used.
        convolves: a network consists of convolutions alone, one after another and without
            strides: it sees as far as these do together.
        shares_statistics: without the means of the whole picture, more than one sample in a
            thousand of its tiles is a level off. To share them takes twice the time.
        channel_attention: name of the class of modules that ``share_channel_attention`` is for.

    """

    window: Callable[[Any], int] = lambda _network: 1
    overlap: int = OVERLAP
    convolves: bool = False
    shares_statistics: bool = False
    channel_attention: str = ""


def _window_size(network: Any) -> int:  # noqa: ANN401 - one of many classes
    return int(network.window_size)


def _split_sizes(network: Any) -> int:  # noqa: ANN401 - the same
    """Return the sides of windows that stand and lie in turn, together."""
    return math.lcm(*network.layers[0].blocks[0].attn.split_size)


def _padder_size(network: Any) -> int:  # noqa: ANN401 - the same
    return int(getattr(network, "padder_size", 1))


_CONVOLUTIONS = Architecture(convolves=True)
_WINDOWS = Architecture(window=_window_size)
ARCHITECTURES: Mapping[str, Architecture] = {
    "ATD": _WINDOWS,
    "Compact": _CONVOLUTIONS,
    "CRAFT": Architecture(
        window=lambda network: math.lcm(network.window_size, *network.split_size), overlap=WIDE
    ),
    "DAT": Architecture(
        window=_split_sizes,
        shares_statistics=True,
        channel_attention="Adaptive_Channel_Attention",
    ),
    "DCTLSA": Architecture(window=lambda _network: 16),
    "DnCNN": _CONVOLUTIONS,
    "DRCT": _WINDOWS,
    "DRUNet": Architecture(overlap=WIDE),
    "ESRGAN": _CONVOLUTIONS,
    "FBCNN": Architecture(window=lambda _network: 8),
    "FDAT": Architecture(
        window=lambda network: math.lcm(
            *(module.ws for module in network.modules() if hasattr(module, "ws"))
        )
    ),
    "FFTformer": Architecture(overlap=WIDE),
    "GRL": Architecture(window=lambda network: int(network.pad_size)),
    "HAT": _WINDOWS,
    "KBNet": Architecture(window=_padder_size, overlap=WIDE),
    "MixDehazeNet": Architecture(window=lambda _network: 4, overlap=WIDE),
    "MMRealSR": Architecture(window=lambda _network: 2),
    "MoESR": Architecture(window=lambda _network: 2),
    "MoSR": _CONVOLUTIONS,
    "NAFNet": Architecture(window=_padder_size, shares_statistics=True),
    "OmniSR": _WINDOWS,
    "PLKSR": Architecture(convolves=True, shares_statistics=True),
    "RCAN": Architecture(shares_statistics=True),
    "RealCUGAN": Architecture(window=lambda _network: 4),
    "RGT": Architecture(window=_split_sizes),
    "SAFMNBCIE": Architecture(overlap=WIDE),
    "SCUNet": Architecture(window=lambda _network: 64),
    "SeemoRe": Architecture(window=lambda _network: 4),
    "SPAN": _CONVOLUTIONS,
    "SRFormer": _WINDOWS,
    "SwiftSRGAN": _CONVOLUTIONS,
    "Swin2SR": _WINDOWS,
    "SwinIR": Architecture(window=lambda network: network.window_size * network.start_unshuffle),
}
"""The architectures by the ids that spandrel gives them.

Where sides must be multiples of a number, tiles start on its multiples.
"""
UNKNOWN = Architecture()
"""The traits of every architecture that is not listed."""


def traits_of(descriptor: Any) -> FixedScaleTraits:  # noqa: ANN401 - spandrel's, which may be absent
    """Return what the engine must know of a network, and let its tiles share statistics.

    Args:
        descriptor: spandrel's, of a network in evaluation mode, on the CPU.

    """
    known = ARCHITECTURES.get(descriptor.architecture.id, UNKNOWN)
    sizes, network = descriptor.size_requirements, descriptor.model
    means = tuple(_means(network, known))
    convolves = known.convolves and sizes.multiple_of == 1 and not means
    reach = _convolved(descriptor) if convolves else math.inf
    if known.shares_statistics:
        for share in means:
            share()
    return FixedScaleTraits(
        scale=descriptor.scale,
        receptive_radius=int(reach) if reach <= LARGEST_REACH else None,
        size_multiple=sizes.multiple_of,
        minimum_size=max(1, sizes.minimum),
        window=known.window(network),
        overlap=known.overlap,
        edge=known.overlap // 2,
        shares_statistics=known.shares_statistics and bool(means),
        reduced=_reduced(descriptor),
    )


@torch.inference_mode()
def _convolved(descriptor: Any) -> int:  # noqa: ANN401 - the same
    """Return how far the convolutions see that a network runs, added up."""
    reaches = []

    def count(module: nn.Module, *_: object) -> None:
        if isinstance(module, nn.Conv2d):
            sides = zip(module.kernel_size, module.dilation, strict=True)
            reaches.append(max((size - 1) * dilation // 2 for size, dilation in sides))

    counting = [module.register_forward_hook(count) for module in descriptor.model.modules()]
    side = max(8, descriptor.size_requirements.minimum)
    descriptor(torch.zeros(1, descriptor.input_channels, side, side))
    for one in counting:
        one.remove()
    return sum(reaches)


def _means(network: nn.Module, known: Architecture) -> Iterator[Callable[[], None]]:
    """Yield what lets tiles share each of the means that a network takes over its input."""
    for module in network.modules():
        if isinstance(module, nn.AdaptiveAvgPool2d) and module.output_size in {1, (1, 1)}:
            yield partial(share_pooling, module)
        elif isinstance(module, nn.GroupNorm):
            yield partial(share_normalisation, module)
        elif type(module).__name__ == known.channel_attention:
            yield partial(share_channel_attention, module)


def _reduced(descriptor: Any) -> tuple[torch.dtype, ...]:  # noqa: ANN401 - the same
    said = {
        torch.bfloat16: descriptor.supports_bfloat16,
        torch.float16: descriptor.supports_half,
    }
    return tuple(dtype for dtype, is_supported in said.items() if is_supported)
