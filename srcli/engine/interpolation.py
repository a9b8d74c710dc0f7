"""Plain enlargement in the place of a network, so that people can compare."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from srcli.networks.spec import NetworkTraits, SrNetwork
from srcli.pixels.resize import Kernel

KERNELS: Mapping[str, Kernel] = {"nearest": "nearest", "bicubic": "bicubic", "lanczos": "lanczos"}
"""By the names that stand in the place of a model."""


class Interpolation(SrNetwork):
    """Resizing with a kernel, by any factor in one pass; it adds nothing and has no parameters."""

    def __init__(self, kernel: Kernel) -> None:
        super().__init__()
        self.kernel: Kernel = kernel

    @property
    def traits(self) -> NetworkTraits:
        """What the engine must know."""
        return NetworkTraits(scale=None, receptive_radius=0, kernel=self.kernel)

    def forward(self, image_B3HW: Tensor, ratio: float | None = None) -> Tensor:  # noqa: ARG002, N803 - SrNetwork
        """Return an enlarged picture as it is."""
        return image_B3HW
