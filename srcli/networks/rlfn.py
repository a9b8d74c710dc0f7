"""RLFN, the residual local feature network: a light baseline, winner of NTIRE 2022 in run time.

Paper: Kong, Li, Liu, Liu, He, Bai, Chen, Fu, "Residual Local Feature Network for Efficient
Super-Resolution", CVPRW 2022, arXiv 2205.07514. Authors' code: bytedance/RLFN. Parameter names
are theirs.

Presets (parameters at x2, x3, x4; the paper's 527K and 543K, 454K and 470K, and 317K):
    paper   526,856   533,891   543,740   6 blocks of 52 channels
    s       454,620   461,115   470,208   RLFN-S: 6 blocks of 48 channels
    ntire   302,278   308,503   317,218   4 blocks of 46 channels, 48 within, for the challenge

The authors published networks of x2 and x4, and of ``ntire`` x4. Weights are for values up to 255.
Attention (ESA) is computed on a grid that is stretched over the whole picture, so what a sample
depends on has no limit.

What differs from the authors' code: sides below 15 pixels, for which the grid would have no point,
are extended by their border and cut again.

Shape suffixes: B batch, C channels, H W rows and columns, h w those of the grid.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - PyTorch's own usage

from srcli.networks.spec import FixedScaleNetwork, FixedScaleTraits, NetworkSpec
from srcli.pixels.borders import extend_to

SLOPE = 0.05
"""Slope of every leaky ReLU."""
RGB_RANGE = 255.0
POOL, POOL_STEP = 7, 3
MINIMUM_SIDE = 2 * POOL + 1
"""A convolution of stride 2 leaves seven samples of it, which the pooling needs."""

FADE = 11
"""Pixels over which tiles fade into each other, beyond what convolutions see."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RlfnConfig:
    """Size of an RLFN; ``inner`` channels are those between a block's convolutions."""

    scale: int
    blocks: int = 6
    channels: int = 52
    inner: int = 52
    attention: int = 16


PAPER = RlfnConfig(scale=2)
SMALL = RlfnConfig(scale=2, channels=48, inner=48)
NTIRE = RlfnConfig(scale=2, blocks=4, channels=46, inner=48)


class SpatialAttention(nn.Module):
    """ESA: scale each sample by what a coarse grid and a 1x1 convolution say of it."""

    def __init__(self, channels: int, inner: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, inner, 1)
        self.conv_f = nn.Conv2d(inner, inner, 1)
        self.conv2 = nn.Conv2d(inner, inner, 3, stride=2)
        self.conv3 = nn.Conv2d(inner, inner, 3, padding=1)
        self.conv4 = nn.Conv2d(inner, channels, 1)

    def forward(self, features_BCHW: Tensor) -> Tensor:
        narrow_BCHW = self.conv1(features_BCHW)
        grid_BChw = F.max_pool2d(self.conv2(narrow_BCHW), POOL, stride=POOL_STEP)
        size = features_BCHW.shape[-2:]
        coarse_BCHW = F.interpolate(self.conv3(grid_BChw), size, mode="bilinear")
        weight_BCHW: Tensor = self.conv4(coarse_BCHW + self.conv_f(narrow_BCHW)).sigmoid()
        return features_BCHW * weight_BCHW


class LocalFeatureBlock(nn.Module):
    """Three convolutions with leaky ReLUs, plus the input, then a 1x1 and attention."""

    def __init__(self, config: RlfnConfig) -> None:
        super().__init__()
        channels, inner = config.channels, config.inner
        self.c1_r = nn.Conv2d(channels, inner, 3, padding=1)
        self.c2_r = nn.Conv2d(inner, inner, 3, padding=1)
        self.c3_r = nn.Conv2d(inner, channels, 3, padding=1)
        self.c5 = nn.Conv2d(channels, channels, 1)
        self.esa = SpatialAttention(channels, config.attention)

    def forward(self, features_BCHW: Tensor) -> Tensor:
        made_BCHW = features_BCHW
        for convolution in (self.c1_r, self.c2_r, self.c3_r):
            made_BCHW = F.leaky_relu(convolution(made_BCHW), SLOPE)
        output_BCHW: Tensor = self.esa(self.c5(made_BCHW + features_BCHW))
        return output_BCHW


class Rlfn(FixedScaleNetwork):
    """RLFN. It takes sides of 1 pixel or more."""

    def __init__(self, config: RlfnConfig) -> None:
        super().__init__()
        self.config = config
        channels = config.channels
        self.conv_1 = nn.Conv2d(3, channels, 3, padding=1)
        self.blocks = tuple(f"block_{n + 1}" for n in range(config.blocks))
        for name in self.blocks:
            self.add_module(name, LocalFeatureBlock(config))
        self.conv_2 = nn.Conv2d(channels, channels, 3, padding=1)
        self.upsampler = nn.Sequential(
            nn.Conv2d(channels, 3 * config.scale**2, 3, padding=1), nn.PixelShuffle(config.scale)
        )

    @property
    def traits(self) -> FixedScaleTraits:
        reach = 3 + 3 * self.config.blocks  # of the convolutions
        return FixedScaleTraits(
            scale=self.config.scale, receptive_radius=None, overlap=reach + FADE, edge=reach
        )

    def forward(self, image_B3HW: Tensor) -> Tensor:
        height, width = (side * self.config.scale for side in image_B3HW.shape[-2:])
        image_B3HW = extend_to(image_B3HW, minimum=MINIMUM_SIDE) * RGB_RANGE
        shallow_BCHW: Tensor = self.conv_1(image_B3HW)
        features_BCHW = shallow_BCHW
        for name in self.blocks:
            features_BCHW = self.get_submodule(name)(features_BCHW)
        output_B3HW: Tensor = self.upsampler(self.conv_2(features_BCHW) + shallow_BCHW)
        return output_B3HW[..., :height, :width] / RGB_RANGE


SPEC = NetworkSpec(
    name="rlfn",
    config=RlfnConfig,
    build=Rlfn,
    presets={"paper": PAPER, "s": SMALL, "ntire": NTIRE},
    scales=(2, 3, 4),
    source="CVPRW 2022, arXiv 2205.07514; github.com/bytedance/RLFN",
)
