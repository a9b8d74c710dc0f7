"""Start the grids above ratio 2 of an ASDN from weights that were trained up to ratio 2.

If these grids have a trunk of their own, it begins as a copy of the trained one.

Both ends of such a grid are linear where the trunk is not trained, so both are solved for:

- the stem, so that the trunk sees of a picture what it sees at ratio 2. The enlarged picture
  is linear in the small one at every ratio, and an enlargement by 3 or 4 holds all that one by
  2 holds: away from the borders the solution is exact.
- the head, for the least squared error over training pictures.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from random import Random

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - PyTorch's own usage

from srcli.engine.device import Compute
from srcli.networks.asdn import LARGEST_RATIO, LocalAsdn
from srcli.pixels.resize import resize
from srcli.training.crop_batch import BY_MATRICES, BY_TAPS, CONTEXT, any_ratio_shape
from srcli.training.patches import CropSource

KERNEL = 3
LR_SIDE = 60
"""Side of the small pictures that are solved over."""
INSIDE = 10
"""Pixels at each border of them that are left out: an enlargement mirrors there."""
RIDGE = 1e-8
"""Share of the mean of the diagonal that is added to it, so that there is one solution."""
PICTURES = 100
CROPS = 96
"""Crops of training pictures that a head is solved over."""


class LeastSquares:
    """The convolution of 3x3 that comes nearest to what it is to make, over all that is added.

    Args:
        channels: of its input.
        outputs: of its output.
        device: that adds up.

    """

    def __init__(self, channels: int, outputs: int, device: torch.device) -> None:
        self.shape = outputs, channels, KERNEL, KERNEL
        unknown = channels * KERNEL**2 + 1
        self.gram = torch.zeros(unknown, unknown, dtype=torch.float64, device=device)
        self.cross = torch.zeros(unknown, outputs, dtype=torch.float64, device=device)

    def add(self, seen: Tensor, wanted: Tensor) -> None:
        """Take in a batch: input (B, C, H, W) and output (B, outputs, H, W) that is wanted."""
        columns = F.unfold(seen, KERNEL, padding=1).transpose(1, 2)
        columns = columns.reshape(len(seen), *seen.shape[2:], -1)
        rows = columns[:, INSIDE:-INSIDE, INSIDE:-INSIDE].flatten(0, 2).double()
        rows = torch.cat([rows, torch.ones_like(rows[:, :1])], 1)
        target = wanted[..., INSIDE:-INSIDE, INSIDE:-INSIDE].permute(0, 2, 3, 1).flatten(0, 2)
        self.gram += rows.T @ rows
        self.cross += rows.T @ target.double()

    def write_to(self, convolution: torch.nn.Module) -> None:
        """Give a convolution the kernel and bias of the solution."""
        ridge = RIDGE * self.gram.diagonal().mean() * torch.ones_like(self.gram[0])
        solution = torch.linalg.solve(self.gram + ridge.diag(), self.cross)
        with torch.no_grad():
            convolution.get_parameter("weight").copy_(solution[:-1].T.reshape(self.shape))
            convolution.get_parameter("bias").copy_(solution[-1])


def warm_start_source(files: Sequence[Path]) -> CropSource:
    """Return crops of ``PICTURES`` of the training pictures, evenly chosen."""
    chosen = files[:: max(1, len(files) // PICTURES)]
    return CropSource(tuple(chosen), LARGEST_RATIO * (LR_SIDE + 2 * CONTEXT))


@torch.no_grad()
def solve_grids(
    network: LocalAsdn, source: CropSource, device: torch.device, *, seed: int = 0
) -> None:
    """Solve the stems and heads of all grids above ratio 2, in this order.

    Args:
        network: with the stem, trunk and heads of ratios up to 2 trained.
        source: of HR crops; their side decides how much is learned from each.
        device: to solve on, where the network is left.
        seed: of what is drawn.

    """
    network.to(device)
    for upper, block in zip(network.upper, network.blocks, strict=False):
        upper.load_state_dict(block.state_dict())
    with Compute(device=device).autocast():
        for step in map(int, network.coarser):
            solve_stem(network, step, source, Random(f"{seed}:{step}"))
            solve_head(network, step, source, Random(f"{seed}:{step}:head"))


def solve_stem(network: LocalAsdn, step: int, source: CropSource, random: Random) -> None:
    """Solve the stem of a grid over small pictures, at the whole ratio of the grid."""
    kernel, bias = (part.double() for part in network.stem.parameters())
    solver = LeastSquares(3 * step**2, network.config.width, kernel.device)
    for _ in range(CROPS):
        small = source.draw(1, LR_SIDE, random).to(kernel.device) / 255
        doubled, enlarged = (
            F.pixel_unshuffle(resize(small.double(), (factor * LR_SIDE, factor * LR_SIDE)), factor)
            for factor in (2, step)
        )
        solver.add(enlarged, F.conv2d(doubled, kernel, bias, padding=1))
    solver.write_to(network.get_submodule(f"coarser.{step}.stem"))


def solve_head(network: LocalAsdn, step: int, source: CropSource, random: Random) -> None:
    """Solve the head of a grid over crops of pictures, reduced by the grid's whole ratio."""
    margin = CONTEXT * step
    crop = step * LR_SIDE + 2 * margin
    layers = network.layers(step)
    device = network.stem.weight.device
    solver = LeastSquares(network.config.width, 3 * step**2, device)
    shape = any_ratio_shape(crop, crop // step, margin)
    resizing = BY_MATRICES if device.type == "cuda" else BY_TAPS
    for _ in range(CROPS):
        batch = shape.crop_batch(source.draw(1, crop, random), None).on(device)
        shown = batch.train_batch(_no_first_pass, resizing)
        seen = layers.features(shown.image)
        solver.add(seen, F.pixel_unshuffle(shown.target - shown.image, step))
    solver.write_to(network.get_submodule(f"coarser.{step}.head"))


def _no_first_pass(image: Tensor, _ratio: float, _strengths: Tensor | None) -> Tensor:
    """Stand for a network's own first pass, of which a single pass has none."""
    return image
