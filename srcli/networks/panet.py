"""PANet, the pyramid attention network: for super-resolution (PA-EDSR) and for restoration.

Paper: Mei, Fan, Zhang, Yu, Zhou, Liu, Fu, Huang, Shi, "Pyramid Attention Networks for Image
Restoration", arXiv 2004.13824. Authors' code: SHI-Labs/Pyramid-Attention-Networks at a267cf8.
Parameter names are theirs.

Presets (parameters at x2, with the 24 constants of the mean shifts):
    paper   40,811,870   32 residual blocks around one attention, 256 channels
    light      442,662   ours, not the authors': 8 blocks, 48 channels, three levels of the
                         pyramid, half the tile
The restoration network (noise, mosaics, JPEG artefacts) keeps the size:
    paper    5,957,255   80 residual blocks around one attention, 64 channels
    light      359,503   ours: 8 blocks, 48 channels, three levels, half the tile

What differs from the authors' code:
- Attention takes a ninth of the products (see ``blocks/patch_attention.py``).
- All residual blocks of the restoration network share one slope, which is stored once.
- The restoration network has no mean shifts, since the authors never apply them.
- A network of one colour (JPEG artefacts) restores the luma of an RGB picture, and keeps its
  chroma.
- Sides of one pixel work.

Shape suffixes: B batch, C channels, H W rows and columns.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from srcli.networks.blocks.edsr_body import Body
from srcli.networks.blocks.mean_shift import MeanShift
from srcli.networks.blocks.patch_attention import TILE
from srcli.networks.blocks.pyramid import LEVELS, PyramidAttention
from srcli.networks.blocks.unit_luma import unit_luma
from srcli.networks.blocks.upsampler import Upsampler
from srcli.networks.spec import ChopRule, FixedScaleNetwork, FixedScaleTraits, NetworkSpec

UNUSED = (r"body\.\d+\.escape_NaN",)
"""Patterns of entries in the authors' files that are constants here.

``msa.*`` is a second name of the attention, which is ``body.16.*`` in the size of the paper.
"""
RESTORATION_UNUSED = (r"(sub|add)_mean\.(weight|bias)", r"body\.\d+\.escape_NaN")
"""The same for the restoration network."""
RGB = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class PanetConfig:
    """Size of a PA-EDSR: ``blocks`` residual blocks, half of them before the attention.

    ``reduction`` is ``channels`` over the channels of queries and keys. ``rgb_range`` is the value
    range of the weights. ``tile`` is the side of the largest picture that is not cut. Attention
    works within a tile.
    """

    scale: int
    blocks: int = 32
    channels: int = 256
    reduction: int = 8
    levels: int = LEVELS
    residual_scale: float = 0.1
    rgb_range: float = 1.0
    tile: int = TILE


@dataclass(frozen=True, slots=True, kw_only=True)
class RestorationConfig:
    """Size of a restoration PANet; ``colors`` is 3, or 1 for a network of luma alone.

    ``tile`` is as for :class:`PanetConfig`.
    """

    scale: int = 1
    blocks: int = 80
    channels: int = 64
    reduction: int = 2
    levels: int = LEVELS
    colors: int = RGB
    tile: int = TILE


PAPER = PanetConfig(scale=2)
LIGHT = PanetConfig(scale=2, blocks=8, channels=48, reduction=4, levels=3, tile=32)
RESTORATION_PAPER = RestorationConfig()
RESTORATION_LIGHT = RestorationConfig(blocks=8, channels=48, reduction=4, levels=3, tile=32)


class Panet(FixedScaleNetwork):
    """PA-EDSR. It takes sides of 1 pixel or more."""

    def __init__(self, config: PanetConfig) -> None:
        super().__init__()
        self.config = config
        channels = config.channels
        self.sub_mean = MeanShift(-1, rgb_range=config.rgb_range)
        self.head = nn.Sequential(nn.Conv2d(3, channels, 3, padding=1))
        self.activation = nn.ReLU(inplace=True)
        self.body = Body(
            channels,
            blocks=config.blocks,
            residual_scale=config.residual_scale,
            attention=PyramidAttention(
                channels,
                reduction=config.reduction,
                residual_scale=config.residual_scale,
                levels=config.levels,
            ),
        )
        self.tail = nn.Sequential(
            Upsampler(config.scale, channels), nn.Conv2d(channels, 3, 3, padding=1)
        )
        self.add_mean = MeanShift(1, rgb_range=config.rgb_range)

    @property
    def traits(self) -> FixedScaleTraits:
        return FixedScaleTraits(
            scale=self.config.scale,
            receptive_radius=None,
            tile=self.config.tile,
            chop=ChopRule(largest_area=6400, multiple=self.config.scale, grows=False),
        )

    def forward(self, image_B3HW: Tensor) -> Tensor:
        shallow_BCHW = self.head(self.sub_mean(image_B3HW * self.config.rgb_range))
        features_BCHW = self.body(shallow_BCHW, self.activation)
        output_B3HW: Tensor = self.add_mean(self.tail(features_BCHW))
        return output_B3HW / self.config.rgb_range


class RestorationPanet(FixedScaleNetwork):
    """PANet for restoration, of scale 1. It takes sides of 1 pixel or more."""

    def __init__(self, config: RestorationConfig) -> None:
        super().__init__()
        if config.scale != 1:
            msg = f"the restoration network keeps the size, and has no scale {config.scale}"
            raise ValueError(msg)
        self.config = config
        channels = config.channels
        self.head = nn.Sequential(nn.Conv2d(config.colors, channels, 3, padding=1))
        self.activation = nn.PReLU()
        self.body = Body(
            channels,
            blocks=config.blocks,
            residual_scale=1.0,
            attention=PyramidAttention(
                channels, reduction=config.reduction, residual_scale=1.0, levels=config.levels
            ),
        )
        self.tail = nn.Sequential(nn.Conv2d(channels, config.colors, 3, padding=1))

    @property
    def traits(self) -> FixedScaleTraits:
        config = self.config
        return FixedScaleTraits(scale=config.scale, receptive_radius=None, tile=config.tile)

    def forward(self, image_B3HW: Tensor) -> Tensor:
        if self.config.colors == RGB:
            return self._restore(image_B3HW)
        luma_B1HW = unit_luma(image_B3HW)
        return image_B3HW + (self._restore(luma_B1HW) - luma_B1HW)

    def _restore(self, image_BKHW: Tensor) -> Tensor:
        features_BCHW = self.body(self.head(image_BKHW), self.activation)
        restored_BKHW: Tensor = self.tail(features_BCHW)
        return restored_BKHW


_SOURCE = "arXiv 2004.13824; github.com/SHI-Labs/Pyramid-Attention-Networks"

SPEC = NetworkSpec(
    name="panet",
    config=PanetConfig,
    build=Panet,
    presets={"paper": PAPER, "light": LIGHT},
    scales=(2, 3, 4),
    source=_SOURCE,
)
RESTORATION_SPEC = NetworkSpec(
    name="panetir",
    config=RestorationConfig,
    build=RestorationPanet,
    presets={"paper": RESTORATION_PAPER, "light": RESTORATION_LIGHT},
    scales=(1,),
    source=_SOURCE,
)
