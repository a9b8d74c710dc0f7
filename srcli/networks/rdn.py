"""RDN, the residual dense network: a large baseline.

Paper: Zhang, Tian, Kong, Zhong, Fu, "Residual Dense Network for Image Super-Resolution", CVPR
2018, arXiv 1802.08797. The authors' weights are Torch7 files. This is the PyTorch form in
sanghyun-son/EDSR-PyTorch, whose files can be imported.

Presets (parameters at x2, x3, x4):
    paper   22,123,395   22,308,035   22,271,107   config B: 16 blocks of 8 layers, growth 64
    a        5,541,795    5,634,115    5,578,787   config A: 20 blocks of 6 layers, growth 32

Weights are for values up to 255, as in the authors' Torch code and by default in the PyTorch form.

Shape suffixes: B batch, C channels, H W rows and columns.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from srcli.networks.blocks.residual_dense import DenseSize, RdnTrunk
from srcli.networks.blocks.upsampler import TAIL_REACH, prime_steps
from srcli.networks.spec import FixedScaleNetwork, FixedScaleTraits, NetworkSpec

RGB_RANGE = 255.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RdnConfig:
    """Size of an RDN. Each of the ``layers`` of a block adds ``growth`` channels."""

    scale: int
    blocks: int = 16
    layers: int = 8
    growth: int = 64
    channels: int = 64


PAPER = RdnConfig(scale=2)
SMALL = RdnConfig(scale=2, blocks=20, layers=6, growth=32)


class Rdn(FixedScaleNetwork):
    """RDN. It takes sides of 1 pixel or more."""

    def __init__(self, config: RdnConfig) -> None:
        super().__init__()
        self.config = config
        size = DenseSize(
            blocks=config.blocks,
            layers=config.layers,
            growth=config.growth,
            channels=config.channels,
        )
        self.encoder = RdnTrunk(size)
        layers: list[nn.Module] = []
        inputs = config.channels
        for factor in prime_steps(config.scale):
            layers.append(nn.Conv2d(inputs, config.growth * factor**2, 3, padding=1))
            layers.append(nn.PixelShuffle(factor))
            inputs = config.growth
        self.UPNet = nn.Sequential(*layers, nn.Conv2d(config.growth, 3, 3, padding=1))

    @property
    def traits(self) -> FixedScaleTraits:
        return FixedScaleTraits(
            scale=self.config.scale, receptive_radius=self.encoder.reach + TAIL_REACH
        )

    def forward(self, image_B3HW: Tensor) -> Tensor:
        output_B3HW: Tensor = self.UPNet(self.encoder(image_B3HW * RGB_RANGE))
        return output_B3HW / RGB_RANGE


SPEC = NetworkSpec(
    name="rdn",
    config=RdnConfig,
    build=Rdn,
    presets={"paper": PAPER, "a": SMALL},
    scales=(2, 3, 4),
    source="CVPR 2018, arXiv 1802.08797; github.com/sanghyun-son/EDSR-PyTorch",
)
