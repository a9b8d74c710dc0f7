"""Plain enlargement in the place of a network, so that people can compare."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from srcli.networks.spec import AnyRatioNetwork, AnyRatioTraits
from srcli.pixels.resize import Kernel

KERNELS: Mapping[str, Kernel] = {"nearest": "nearest", "bicubic": "bicubic", "lanczos": "lanczos"}
"""By the names that stand in the place of a model."""


class Interpolation(AnyRatioNetwork):
    """Resizing with a kernel, by any factor in one pass; it adds nothing and has no parameters."""

    def __init__(self, kernel: Kernel) -> None:
        super().__init__()
        self.kernel: Kernel = kernel

    @property
    def traits(self) -> AnyRatioTraits:
        """What the engine must know."""
        return AnyRatioTraits(receptive_radius=0, kernel=self.kernel)

    def forward(
        self,
        image_B3HW: Tensor,  # noqa: N803 - shape suffix
        ratio: float,  # noqa: ARG002 - the signature of all
        strengths_BT: Tensor | None = None,  # noqa: ARG002, N803 - the same
    ) -> Tensor:
        """Return an enlarged picture as it is."""
        return image_B3HW
