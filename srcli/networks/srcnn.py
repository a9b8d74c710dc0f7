"""SRCNN, the first convolutional network for super-resolution: a baseline of three layers.

Paper: Dong, Loy, He, Tang, "Image Super-Resolution Using Deep Convolutional Networks", TPAMI 2016,
arXiv 1501.00092. The weights are ours, since the authors' are a MATLAB file.

The small picture is enlarged by bicubic interpolation. Three convolutions extract patches of its
luma, map them, and reconstruct luma. There is no skip: the last layer makes the picture itself.
Chroma stays bicubic. Each scale has its own network.

Presets, named after the sides of the kernels (parameters):
    955   57,281   the network of the papers' tables; 57,184 weights and 97 biases
    915    8,129   the first one; 8,032 weights, the number that the paper tells, and 97 biases

As in the authors' code, which filters with the border repeated, convolutions keep the size.

Shape suffixes: B batch, C channels, H W rows and columns of the output.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from torch import Tensor, nn

from srcli.networks.blocks.unit_luma import unit_luma
from srcli.networks.spec import FixedScaleNetwork, FixedScaleTraits, NetworkSpec
from srcli.pixels.enlarge import REACH, enlarge


@dataclass(frozen=True, slots=True, kw_only=True)
class SrcnnConfig:
    """Size of an SRCNN: sides of the three kernels, and channels after the first two."""

    scale: int
    first: int = 9
    second: int = 5
    third: int = 5
    patches: int = 64
    mapped: int = 32


class Srcnn(FixedScaleNetwork):
    """The network of one scale."""

    def __init__(self, config: SrcnnConfig) -> None:
        super().__init__()
        self.config = config
        self.extract = _same_size(1, config.patches, config.first)
        self.map = _same_size(config.patches, config.mapped, config.second)
        self.reconstruct = _same_size(config.mapped, 1, config.third)

    @property
    def traits(self) -> FixedScaleTraits:
        config = self.config
        radius = config.first // 2 + config.second // 2 + config.third // 2
        return FixedScaleTraits(
            scale=config.scale, receptive_radius=REACH + math.ceil(radius / config.scale)
        )

    def forward(self, image_B3HW: Tensor) -> Tensor:
        enlarged_B3HW = enlarge(image_B3HW, self.config.scale)
        luma_B1HW = unit_luma(enlarged_B3HW)
        mapped_BCHW = self.map(self.extract(luma_B1HW).relu_()).relu_()
        made_B1HW: Tensor = self.reconstruct(mapped_BCHW)
        return enlarged_B3HW + (made_B1HW - luma_B1HW)


def _same_size(inputs: int, outputs: int, side: int) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, side, padding=side // 2, padding_mode="replicate")


SPEC = NetworkSpec(
    name="srcnn",
    config=SrcnnConfig,
    build=Srcnn,
    presets={"955": SrcnnConfig(scale=2), "915": SrcnnConfig(scale=2, second=1)},
    scales=(2, 3, 4),
    source="TPAMI 2016, arXiv 1501.00092; mmlab.ie.cuhk.edu.hk/projects/SRCNN",
)
