"""DBPN, the deep back-projection network: a large baseline.

Paper: Haris, Shakhnarovich, Ukita, "Deep Back-Projection Networks for Super-Resolution", CVPR
2018, arXiv 1803.02735. Authors' code: alterzero/DBPN-Pytorch. Parameter names are theirs.

Presets (parameters at x2, x4, x8):
    paper   5,953,526   10,426,358   23,205,878   D-DBPN: 7 stages (10.4M in the papers)
    ll      8,811,086   15,348,302   34,026,062   DBPNLL: 10 stages, for NTIRE 2018
    s         341,518      599,566    1,336,846   2 stages of 32 channels

An up unit enlarges features, reduces them again, and enlarges the difference as a correction. A
down unit does the reverse. From the third unit on, a 1x1 convolution joins all maps so far.

Shape suffixes: B batch, C channels, H W rows and columns, s scale.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from srcli.networks.spec import FixedScaleNetwork, FixedScaleTraits, NetworkSpec

PAD = 2
SLOPE = 0.25
"""Slope with which every parametric ReLU starts."""
STEPS = 3
"""Convolutions of a unit that change the size."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DbpnConfig:
    """Size of a DBPN: ``stages`` up units, and one down unit less."""

    scale: int
    stages: int = 7
    channels: int = 64
    features: int = 256


PAPER = DbpnConfig(scale=2)
LONG = DbpnConfig(scale=2, stages=10)
SMALL = DbpnConfig(scale=2, stages=2, channels=32, features=128)


class Convolution(nn.Module):
    """A convolution and a parametric ReLU."""

    def __init__(self, inputs: int, outputs: int, side: int, *, step: int = 1, pad: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, side, stride=step, padding=pad)
        self.act = nn.PReLU(init=SLOPE)

    def forward(self, features_BCHW: Tensor) -> Tensor:
        output_BCHW: Tensor = self.act(self.conv(features_BCHW))
        return output_BCHW


class Deconvolution(nn.Module):
    """A transposed convolution that enlarges by the scale, and a parametric ReLU."""

    def __init__(self, channels: int, scale: int) -> None:
        super().__init__()
        self.deconv = nn.ConvTranspose2d(
            channels, channels, scale + 2 * PAD, stride=scale, padding=PAD
        )
        self.act = nn.PReLU(init=SLOPE)

    def forward(self, features_BCHW: Tensor) -> Tensor:
        output_BCHW: Tensor = self.act(self.deconv(features_BCHW))
        return output_BCHW


def _reduction(channels: int, scale: int) -> Convolution:
    return Convolution(channels, channels, scale + 2 * PAD, step=scale, pad=PAD)


def _joining(channels: int, maps: int) -> nn.Module:
    return Convolution(maps * channels, channels, 1, pad=0) if maps > 1 else nn.Identity()


class UpUnit(nn.Module):
    """Map ``maps`` joined maps (B, maps C, H, W) to (B, C, sH, sW)."""

    def __init__(self, channels: int, scale: int, *, maps: int) -> None:
        super().__init__()
        self.conv = _joining(channels, maps)
        self.up_conv1 = Deconvolution(channels, scale)
        self.up_conv2 = _reduction(channels, scale)
        self.up_conv3 = Deconvolution(channels, scale)

    def forward(self, small_BCHW: Tensor) -> Tensor:
        small_BCHW = self.conv(small_BCHW)
        large_BCHW: Tensor = self.up_conv1(small_BCHW)
        correction_BCHW: Tensor = self.up_conv3(self.up_conv2(large_BCHW) - small_BCHW)
        return correction_BCHW + large_BCHW


class DownUnit(nn.Module):
    """Map ``maps`` joined maps (B, maps C, sH, sW) to (B, C, H, W)."""

    def __init__(self, channels: int, scale: int, *, maps: int) -> None:
        super().__init__()
        self.conv = _joining(channels, maps)
        self.down_conv1 = _reduction(channels, scale)
        self.down_conv2 = Deconvolution(channels, scale)
        self.down_conv3 = _reduction(channels, scale)

    def forward(self, large_BCHW: Tensor) -> Tensor:
        large_BCHW = self.conv(large_BCHW)
        small_BCHW: Tensor = self.down_conv1(large_BCHW)
        correction_BCHW: Tensor = self.down_conv3(self.down_conv2(small_BCHW) - large_BCHW)
        return correction_BCHW + small_BCHW


class Dbpn(FixedScaleNetwork):
    """DBPN. It takes sides of 1 pixel or more."""

    def __init__(self, config: DbpnConfig) -> None:
        super().__init__()
        self.config = config
        channels, scale = config.channels, config.scale
        self.feat0 = Convolution(3, config.features, 3, pad=1)
        self.feat1 = Convolution(config.features, channels, 1, pad=0)
        for stage in range(1, config.stages + 1):
            up = UpUnit(channels, scale, maps=max(1, stage - 1))
            self.add_module(f"up{stage}", up)
            if stage < config.stages:
                self.add_module(f"down{stage}", DownUnit(channels, scale, maps=stage))
        self.output_conv = nn.ModuleDict(
            {"conv": nn.Conv2d(config.stages * channels, 3, 3, padding=1)}
        )

    @property
    def traits(self) -> FixedScaleTraits:
        """The traits. Kernels exceed a pixel's cell by two samples, which is one pixel at x2.

        From x4 on, an enlargement and the reduction after it reach one pixel together.
        """
        steps = STEPS * (2 * self.config.stages - 1)
        pairs = steps // 2
        each = 2 if self.config.scale == 2 else 1  # noqa: PLR2004 - see above
        return FixedScaleTraits(scale=self.config.scale, receptive_radius=1 + each * pairs + 1 + 1)

    def forward(self, image_B3HW: Tensor) -> Tensor:
        large_BCHW = self.get_submodule("up1")(self.feat1(self.feat0(image_B3HW)))
        small_BCHW = image_B3HW.new_empty(0)
        for stage in range(1, self.config.stages):
            reduced_BCHW = self.get_submodule(f"down{stage}")(large_BCHW)
            small_BCHW = reduced_BCHW if stage == 1 else torch.cat((reduced_BCHW, small_BCHW), 1)
            enlarged_BCHW = self.get_submodule(f"up{stage + 1}")(small_BCHW)
            large_BCHW = torch.cat((enlarged_BCHW, large_BCHW), 1)
        output_B3HW: Tensor = self.output_conv["conv"](large_BCHW)
        return output_B3HW


SPEC = NetworkSpec(
    name="dbpn",
    config=DbpnConfig,
    build=Dbpn,
    presets={"paper": PAPER, "ll": LONG, "s": SMALL},
    scales=(2, 4, 8),
    source="CVPR 2018, arXiv 1803.02735; github.com/alterzero/DBPN-Pytorch",
)
