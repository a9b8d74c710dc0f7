"""EDSR, the enhanced deep residual network, and the baseline that later papers call EDSR-baseline.

Paper: Lim, Son, Kim, Nah, Lee, "Enhanced Deep Residual Networks for Single Image
Super-Resolution", CVPRW 2017, arXiv 1707.02921. Authors' code: sanghyun-son/EDSR-PyTorch.

Presets (parameters at x2, x3, x4, without the 24 constants of the mean shifts):
    paper      40,729,603   43,680,003   43,089,923   32 blocks of 256 channels, scaled by 0.1
    baseline    1,369,859    1,554,499    1,517,571   16 blocks of 64 channels

The trunk is that of PANet without its attention (``blocks/edsr_body.py``).

Shape suffixes: B batch, C channels, H W rows and columns.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from srcli.networks.blocks.edsr_body import EdsrTrunk
from srcli.networks.blocks.mean_shift import MeanShift
from srcli.networks.blocks.upsampler import TAIL_REACH, Upsampler
from srcli.networks.spec import FixedScaleNetwork, FixedScaleTraits, NetworkSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class EdsrConfig:
    """Size of an EDSR. ``rgb_range`` is the value range of the weights, 255 in the authors'."""

    scale: int
    blocks: int = 32
    channels: int = 256
    residual_scale: float = 0.1
    rgb_range: float = 255.0


PAPER = EdsrConfig(scale=2)
BASELINE = EdsrConfig(scale=2, blocks=16, channels=64, residual_scale=1.0)


class Edsr(FixedScaleNetwork):
    """EDSR. It takes sides of 1 pixel or more."""

    def __init__(self, config: EdsrConfig) -> None:
        super().__init__()
        self.config = config
        channels = config.channels
        self.sub_mean = MeanShift(-1, rgb_range=config.rgb_range)
        self.encoder = EdsrTrunk(
            channels, blocks=config.blocks, residual_scale=config.residual_scale
        )
        self.tail = nn.Sequential(
            Upsampler(config.scale, channels), nn.Conv2d(channels, 3, 3, padding=1)
        )
        self.add_mean = MeanShift(1, rgb_range=config.rgb_range)

    @property
    def traits(self) -> FixedScaleTraits:
        return FixedScaleTraits(
            scale=self.config.scale, receptive_radius=self.encoder.reach + TAIL_REACH
        )

    def forward(self, image_B3HW: Tensor) -> Tensor:
        features_BCHW = self.encoder(self.sub_mean(image_B3HW * self.config.rgb_range))
        output_B3HW: Tensor = self.add_mean(self.tail(features_BCHW))
        return output_B3HW / self.config.rgb_range


SPEC = NetworkSpec(
    name="edsr",
    config=EdsrConfig,
    build=Edsr,
    presets={"paper": PAPER, "baseline": BASELINE},
    scales=(2, 3, 4),
    source="CVPRW 2017, arXiv 1707.02921; github.com/sanghyun-son/EDSR-PyTorch",
)
