"""What one pass shows a network, and how it calls it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from srcli.engine.ensemble import Run
from srcli.engine.recursion import Pass
from srcli.networks.spec import NetworkTraits, SrNetwork
from srcli.pixels.borders import wrapped
from srcli.pixels.levels import from_levels
from srcli.pixels.region import Region
from srcli.pixels.resize import Borders, resize


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkInput:
    """The grid of one pass.

    Attributes:
        traits: of the network, as they hold in this pass.
        window: gives any window of the grid, RGB float32 (1, 3, h, w).
        run: calls the network on a window.

    """

    traits: NetworkTraits
    window: Callable[[Region], Tensor]
    run: Run


def enlarged_input(network: SrNetwork, image: Tensor, step: Pass, borders: Borders) -> NetworkInput:
    """Show a network of any ratio the picture enlarged to the size that a pass reaches."""

    def run(tile: Tensor) -> Tensor:
        told = [torch.tensor([step.strengths], device=tile.device)] if step.strengths else []
        output: Tensor = network(tile, step.ratio, *told)
        return output

    return NetworkInput(
        traits=network.traits.at(step.ratio),
        window=lambda region: resize(image, step.size, region=region, borders=borders),
        run=run,
    )


def plain_input(network: SrNetwork, image: Tensor) -> NetworkInput:
    """Show a network of a fixed scale the picture as it is."""
    return NetworkInput(
        traits=network.traits,
        window=lambda region: from_levels(wrapped(image, region)),
        run=network,
    )
