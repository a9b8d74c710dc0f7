"""What a pass shows a network, and how it runs the network, by the kind of the network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from srcli.engine.ensemble import Run
from srcli.engine.recursion import Pass
from srcli.networks.blocks.residual import ResidualLayers, ResidualNetwork
from srcli.networks.spec import AnyRatioNetwork, FixedScaleNetwork, NetworkTraits, SrNetwork
from srcli.pixels.levels import from_levels
from srcli.pixels.region import Region
from srcli.pixels.resize import Borders, resize, sent_window
from srcli.pixels.sending import sent


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkInput:
    """The grid of samples that a network is shown in one pass.

    Attributes:
        size: (height, width) of the grid.
        traits: traits of the network that hold in this pass.
        window: returns any window of the grid on the device, RGB float32 (1, 3, h, w).
        run: runs the network on a window.
        layers: returns the layers of the network, if it can run row by row; None if not.

    """

    size: tuple[int, int]
    traits: NetworkTraits
    window: Callable[[Region], Tensor]
    run: Run
    layers: Callable[[], ResidualLayers] | None = None


def network_input(
    network: SrNetwork, image: Tensor, step: Pass, borders: Borders, device: torch.device
) -> NetworkInput:
    """Return what a pass shows a network of ``image``, RGB (1, 3, H, W) on the host.

    Of the image, ``device`` is sent what a window is made of, and makes the window itself.
    """
    if isinstance(network, AnyRatioNetwork):
        return _enlarged(network, image, step, borders, device)
    return _plain(network, image, device)


def _enlarged(
    network: AnyRatioNetwork, image: Tensor, step: Pass, borders: Borders, device: torch.device
) -> NetworkInput:
    """Show the picture enlarged to the size that the pass reaches."""
    strengths = sent(torch.tensor([step.strengths]), device) if step.strengths else None

    def run(tile: Tensor) -> Tensor:
        return network(tile, step.ratio, strengths)

    layers = None
    if isinstance(network, ResidualNetwork):
        layers = partial(network.layers, step.ratio, strengths)
    return NetworkInput(
        size=step.size,
        traits=network.traits.at(step.ratio),
        window=lambda part: resize(image, step.size, region=part, borders=borders, device=device),
        run=run,
        layers=layers,
    )


def _plain(network: FixedScaleNetwork, image: Tensor, device: torch.device) -> NetworkInput:
    """Show the picture as it is."""
    return NetworkInput(
        size=(image.shape[2], image.shape[3]),
        traits=network.traits,
        window=lambda region: from_levels(sent_window(image, region, device=device)),
        run=network,
    )
