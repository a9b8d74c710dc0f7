"""CSNLN, the cross-scale non-local network.

Paper: Mei, Fan, Zhou, Huang, Huang, Shi, "Image Super-Resolution with Cross-Scale Non-Local
Attention and Exhaustive Self-Exemplars Mining", CVPR 2020, arXiv 2006.01424. Authors' code:
SHI-Labs/Cross-Scale-Non-Local-Attention at 531aec9. Parameter names are theirs.

One cell runs ``recurrences`` times. Each run fuses in-scale and cross-scale attention into a map
of the output size, and projects it back for the next run. The tail sees the maps of all runs.

Presets (parameters at x2, with the 24 constants of the mean shifts):
    paper    3,061,289   12 recurrences, 128 channels
    light      193,193   ours, not the authors': the same cell, 4 recurrences, 32 channels,
                         half the tile

What differs from the authors' code:
- Attention takes a ninth of the products (see ``blocks/patch_attention.py``).
- The tail sums its output map by map, and does not concatenate the maps.
- The last recurrence has no projection, since nothing reads it.
- If the scale does not divide a side, the border is repeated, and the output is cropped.

Shape suffixes: B batch, C channels, H W rows and columns.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - PyTorch's own usage

from srcli.networks.blocks.conv_prelu import with_prelu
from srcli.networks.blocks.cross_scale import CrossScaleAttention
from srcli.networks.blocks.mean_shift import MeanShift
from srcli.networks.blocks.nonlocal_attention import InScaleAttention
from srcli.networks.blocks.patch_attention import PATCH, TILE
from srcli.networks.spec import ChopRule, FixedScaleNetwork, FixedScaleTraits, NetworkSpec
from srcli.pixels.borders import extend_to

STEPS = {2: (2,), 3: (3,), 4: (2, 2)}
"""The enlargements of the fusion blocks of one cell, by scale."""
CONCATENATED = 2
"""The ``fusion`` that concatenates."""
UNUSED = (r"SEM\.multi_source_projection(_2)?\.up_attention\.escape_NaN",)
"""Patterns of entries in the authors' files that are constants here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CsnlnConfig:
    """Size of a CSNLN; ``rgb_range`` is the value range that the weights work in.

    ``tile`` is the side of the largest picture that is not cut. Attention works within a tile.

    The others are for ablations. ``in_scale`` and ``cross_scale`` say which attention there is; a
    cell without either enlarges its input alone. ``fusion`` is 0 for the mutual projection of the
    paper, 1 for a sum of both branches, and 2 for their concatenation and a 1x1 convolution.
    ``patch`` is the side of the patches that cross-scale attention compares.
    """

    scale: int
    recurrences: int = 12
    channels: int = 128
    rgb_range: float = 1.0
    tile: int = TILE
    in_scale: bool = True
    cross_scale: bool = True
    fusion: int = 0
    patch: int = PATCH


PAPER = CsnlnConfig(scale=2)
LIGHT = CsnlnConfig(scale=2, recurrences=4, channels=32, tile=32)


def enlarging(channels: int, factor: int) -> nn.Sequential:
    """Transposed convolution from n to ``factor`` n samples a side, and a PReLU."""
    kernel, padding = _kernel(factor)
    return with_prelu(nn.ConvTranspose2d(channels, channels, kernel, factor, padding))


def reducing(channels: int, factor: int) -> nn.Sequential:
    """Strided convolution from ``factor`` n to n samples a side, and a PReLU."""
    kernel, padding = _kernel(factor)
    return with_prelu(nn.Conv2d(channels, channels, kernel, factor, padding))


def _kernel(factor: int) -> tuple[int, int]:
    return (8, 2) if factor == 4 else (3 * factor, factor)  # noqa: PLR2004 - the one exception


class Encoder(nn.Module):
    """The residual that the fusion block adds to its cross-scale branch: two 3x3 convolutions."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(channels, channels, 3, padding=1),
            nn.PReLU(),
            nn.Conv2d(channels, channels, 3, padding=1),
        )

    def forward(self, features_BCHW: Tensor) -> Tensor:
        residual_BCHW: Tensor = self.body(features_BCHW)
        return residual_BCHW


class FusionBlock(nn.Module):
    """Mutual-projected fusion of in-scale and cross-scale attention, enlarged by ``factor``."""

    def __init__(self, config: CsnlnConfig, factor: int) -> None:
        super().__init__()
        channels = config.channels
        self.up_attention = CrossScaleAttention(channels, factor, patch=config.patch)
        self.down_attention = InScaleAttention(channels)
        self.upsample = enlarging(channels, factor)
        self.encoder = Encoder(channels)

    def forward(self, features_BCHW: Tensor) -> Tensor:
        in_scale_BCHW: Tensor = self.upsample(self.down_attention(features_BCHW))
        cross_scale_BCHW: Tensor = self.up_attention(features_BCHW)
        residual_BCHW: Tensor = self.encoder(cross_scale_BCHW - in_scale_BCHW)
        return cross_scale_BCHW + residual_BCHW


class SingleBranch(nn.Module):
    """One kind of attention, or none, enlarged by ``factor``: an ablation of the fusion."""

    def __init__(self, config: CsnlnConfig, factor: int) -> None:
        super().__init__()
        channels = config.channels
        attention = InScaleAttention(channels) if config.in_scale else nn.Identity()
        self.branch = (
            CrossScaleAttention(channels, factor, patch=config.patch)
            if config.cross_scale
            else nn.Sequential(attention, enlarging(channels, factor))
        )

    def forward(self, features_BCHW: Tensor) -> Tensor:
        enlarged_BCHW: Tensor = self.branch(features_BCHW)
        return enlarged_BCHW


class PlainFusion(nn.Module):
    """Both kinds of attention, added or concatenated: an ablation of the fusion."""

    def __init__(self, config: CsnlnConfig, factor: int) -> None:
        super().__init__()
        both, channels = replace(config, fusion=0), config.channels
        self.in_scale = SingleBranch(replace(both, cross_scale=False), factor)
        self.cross_scale = SingleBranch(replace(both, in_scale=False), factor)
        self.mix = nn.Conv2d(2 * channels, channels, 1) if config.fusion == CONCATENATED else None

    def forward(self, features_BCHW: Tensor) -> Tensor:
        in_scale_BCHW: Tensor = self.in_scale(features_BCHW)
        cross_scale_BCHW: Tensor = self.cross_scale(features_BCHW)
        if self.mix is None:
            return in_scale_BCHW + cross_scale_BCHW
        mixed_BCHW: Tensor = self.mix(torch.cat((in_scale_BCHW, cross_scale_BCHW), 1))
        return mixed_BCHW


def fusing(config: CsnlnConfig, factor: int) -> nn.Module:
    """Make the part of a cell that attends and enlarges by ``factor``."""
    if not (config.in_scale and config.cross_scale):
        return SingleBranch(config, factor)
    return PlainFusion(config, factor) if config.fusion else FusionBlock(config, factor)


class Cell(nn.Module):
    """Self-exemplars mining cell for x2 and x3: one fusion block."""

    def __init__(self, config: CsnlnConfig) -> None:
        super().__init__()
        channels, scale = config.channels, config.scale
        self.multi_source_projection = fusing(config, scale)
        self.down_sample_1 = reducing(channels, scale)
        self.down_sample_2 = reducing(channels, scale)
        self.error_encode = enlarging(channels, scale)
        self.post_conv = with_prelu(nn.Conv2d(channels, channels, 3, padding=1))

    def forward(self, features_BCHW: Tensor) -> Tensor:
        """Return the map of the output size."""
        fused_BCHW: Tensor = self.multi_source_projection(features_BCHW)
        error_BCHW = features_BCHW - self.down_sample_1(fused_BCHW)
        correction_BCHW: Tensor = self.error_encode(error_BCHW)
        return fused_BCHW + correction_BCHW

    def project_back(self, enlarged_BCHW: Tensor) -> Tensor:
        """Return the input of the next recurrence."""
        next_BCHW: Tensor = self.post_conv(self.down_sample_2(enlarged_BCHW))
        return next_BCHW


class DoubleCell(nn.Module):
    """Self-exemplars mining cell for x4: two fusion blocks, each enlarging by two."""

    def __init__(self, config: CsnlnConfig) -> None:
        super().__init__()
        channels = config.channels
        self.multi_source_projection = fusing(config, 2)
        self.multi_source_projection_2 = fusing(config, 2)
        self.down_sample_1 = reducing(channels, 2)
        self.down_sample_3 = reducing(channels, 4)
        self.down_sample_4 = reducing(channels, 4)
        self.error_encode = enlarging(channels, 2)
        self.error_encode_2 = enlarging(channels, 4)
        self.post_conv = with_prelu(nn.Conv2d(channels, channels, 3, padding=1))

    def forward(self, features_BCHW: Tensor) -> Tensor:
        """Return the map of the output size."""
        twofold_BCHW: Tensor = self.multi_source_projection(features_BCHW)
        error_BCHW = features_BCHW - self.down_sample_1(twofold_BCHW)
        fused_BCHW: Tensor = self.multi_source_projection_2(
            twofold_BCHW + self.error_encode(error_BCHW)
        )
        error_BCHW = features_BCHW - self.down_sample_3(fused_BCHW)
        correction_BCHW: Tensor = self.error_encode_2(error_BCHW)
        return fused_BCHW + correction_BCHW

    def project_back(self, enlarged_BCHW: Tensor) -> Tensor:
        """Return the input of the next recurrence."""
        next_BCHW: Tensor = self.post_conv(self.down_sample_4(enlarged_BCHW))
        return next_BCHW


class Csnln(FixedScaleNetwork):
    """CSNLN. It takes sides of 1 pixel or more.

    Raises:
        KeyError: the scale is not 2, 3 or 4.

    """

    def __init__(self, config: CsnlnConfig) -> None:
        super().__init__()
        self.config = config
        channels, span = config.channels, config.rgb_range
        self.factor = STEPS[config.scale][0]
        self.sub_mean = MeanShift(-1, rgb_range=span)
        self.head = nn.Sequential(
            with_prelu(nn.Conv2d(3, channels, 3, padding=1)),
            with_prelu(nn.Conv2d(channels, channels, 3, padding=1)),
        )
        self.SEM = DoubleCell(config) if config.scale == 4 else Cell(config)  # noqa: PLR2004 - the paper's case
        self.tail = nn.Sequential(nn.Conv2d(config.recurrences * channels, 3, 3, padding=1))
        self.add_mean = MeanShift(1, rgb_range=span)

    @property
    def traits(self) -> FixedScaleTraits:
        return FixedScaleTraits(
            scale=self.config.scale,
            receptive_radius=None,
            tile=self.config.tile,
            chop=ChopRule(largest_area=3600, multiple=self.config.scale),
        )

    def forward(self, image_B3HW: Tensor) -> Tensor:
        height, width = (side * self.config.scale for side in image_B3HW.shape[-2:])
        image_B3HW = extend_to(image_B3HW, multiple=self.factor) * self.config.rgb_range
        features_BCHW: Tensor = self.head(self.sub_mean(image_B3HW))
        output_B3HW: Tensor = self.add_mean(self._mine(features_BCHW)) / self.config.rgb_range
        return output_B3HW[..., :height, :width]

    def _mine(self, features_BCHW: Tensor) -> Tensor:
        """Run the cell, and sum the part of the tail's output that comes from each map."""
        tail = self.tail[0]
        shares = torch.split(tail.get_parameter("weight"), self.config.channels, 1)
        enlarged_BCHW: Tensor = self.SEM(features_BCHW)
        output_B3HW = F.conv2d(enlarged_BCHW, shares[0], tail.get_parameter("bias"), padding=1)
        for share in shares[1:]:
            features_BCHW = self.SEM.project_back(enlarged_BCHW)
            enlarged_BCHW = self.SEM(features_BCHW)
            output_B3HW = output_B3HW + F.conv2d(enlarged_BCHW, share, padding=1)
        return output_B3HW


SPEC = NetworkSpec(
    name="csnln",
    config=CsnlnConfig,
    build=Csnln,
    presets={"paper": PAPER, "light": LIGHT},
    scales=tuple(STEPS),
    source="CVPR 2020, arXiv 2006.01424; github.com/SHI-Labs/Cross-Scale-Non-Local-Attention",
)
