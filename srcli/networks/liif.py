"""LIIF, the local implicit image function: a baseline whose weights serve any factor.

Paper: Chen, Liu, Wang, "Learning Continuous Image Representation with Local Implicit Image
Function", CVPR 2021, arXiv 2012.09161. Authors' code: yinboc/liif. Parameter names are theirs.

Presets (parameters, the same at every scale):
    edsr    1,567,299   the trunk of EDSR-baseline
    rdn    22,320,835   the trunk of RDN, config B

Features of the small picture are decoded by a perceptron of five layers, which is told the nine
features around a pixel, where a sample lies from it, and how large the sample is (feature
unfolding, cell decoding). Each sample is decoded from its four nearest pixels, and the results are
interpolated (local ensemble).

What differs from the authors' code:
- A network is built for one whole scale, since the engine gives networks of any ratio a picture
  that is enlarged already. The weights do not depend on it.
- The first layer is computed once for each pixel of the small picture, not for each sample.
- Positions are whole numbers over the scale, not rounded coordinates. So they do not depend on the
  size of the picture.

Shape suffixes: B batch, C channels of features, D channels of hidden layers, H W rows and columns
of the small picture.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise, product

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - PyTorch's own usage

from srcli.networks.blocks.edsr_body import EdsrTrunk
from srcli.networks.blocks.residual_dense import DenseSize, RdnTrunk
from srcli.networks.spec import FixedScaleNetwork, FixedScaleTraits, NetworkSpec

UNUSED = (r"encoder\.(sub|add)_mean\.(weight|bias)",)
"""Patterns of entries in the authors' files that their code never uses."""
HIDDEN_LAYERS = 4
AROUND = 9
"""Features that are unfolded: those of a pixel and of its eight neighbours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiifConfig:
    """Size of a LIIF. The trunk is EDSR's, or RDN's if its blocks have ``layers``.

    ``hidden`` is the width of the perceptron.
    """

    scale: int
    blocks: int = 16
    channels: int = 64
    layers: int = 0
    growth: int = 0
    hidden: int = 256


EDSR = LiifConfig(scale=2)
RDN = LiifConfig(scale=2, layers=8, growth=64)


class Liif(FixedScaleNetwork):
    """LIIF at one scale. It takes sides of 1 pixel or more."""

    def __init__(self, config: LiifConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = _trunk(config)
        widths = [AROUND * config.channels + 4, *[config.hidden] * HIDDEN_LAYERS]
        layers: list[nn.Module] = []
        for inputs, outputs in pairwise(widths):
            layers += [nn.Linear(inputs, outputs), nn.ReLU()]
        self.imnet = nn.ModuleDict({"layers": nn.Sequential(*layers, nn.Linear(config.hidden, 3))})

    @property
    def traits(self) -> FixedScaleTraits:
        return FixedScaleTraits(scale=self.config.scale, receptive_radius=self.encoder.reach + 2)

    def forward(self, image_B3HW: Tensor) -> Tensor:
        scale = self.config.scale
        features_BCHW = self.encoder(2 * image_B3HW - 1)
        first, *others = (
            layer for layer in self.imnet["layers"].children() if isinstance(layer, nn.Linear)
        )
        inner, by_row, by_column = self._first_layer(first, features_BCHW)
        around_BDHW = F.pad(inner, (1, 1, 1, 1), mode="replicate")
        rows, columns = (_phases(side, scale, image_B3HW) for side in features_BCHW.shape[2:])
        phases = []
        for row_pair, column_pair in product(rows, columns):
            total_B3HW = torch.zeros_like(image_B3HW)
            for row, column in product(row_pair, column_pair):
                hidden_BDHW = _shifted(around_BDHW, row.shift, column.shift)
                hidden_BDHW = hidden_BDHW + by_row * row.offset[:, None] + by_column * column.offset
                decoded_B3HW = _decode(hidden_BDHW, others)
                total_B3HW = total_B3HW + (row.share * column.share) * decoded_B3HW
            phases.append(total_B3HW)
        output_B3HW = F.pixel_shuffle(torch.stack(phases, 2).flatten(1, 2), scale)
        return (output_B3HW + 1) / 2

    def _first_layer(self, layer: nn.Linear, features_BCHW: Tensor) -> tuple[Tensor, ...]:
        """Return what the first layer makes of features and cell, and its weights of an offset.

        Returns:
            (B, D, H, W), and (D, 1, 1) for rows and for columns.

        """
        channels, scale = self.config.channels, self.config.scale
        of_features, of_place, of_cell = torch.split(layer.weight, [AROUND * channels, 2, 2], 1)
        kernel = of_features.reshape(-1, channels, 3, 3)
        bias = layer.bias + of_cell.sum(1) * (2 / scale)
        inner_BDHW = F.conv2d(features_BCHW, kernel, bias, padding=1)
        by_row, by_column = of_place[:, :, None, None].unbind(1)
        return inner_BDHW, by_row, by_column


@dataclass(frozen=True, slots=True, kw_only=True)
class _Neighbour:
    """A pixel near the samples of one phase, along one axis.

    Attributes:
        shift: where it lies from the pixel that has the samples: -1, 0 or 1.
        offset: of each sample from it, (H,), in halves of a pixel; measured from the last pixel
            of the picture where there is none beyond.
        share: of what is decoded from it, in [0, 1].

    """

    shift: int
    offset: Tensor
    share: float


def _phases(side: int, scale: int, like: Tensor) -> list[tuple[_Neighbour, _Neighbour]]:
    """Return the two neighbours of the samples of each phase, along an axis of ``side`` pixels."""
    pixels = torch.arange(side, device=like.device)
    phases = []
    for phase in range(scale):
        ahead = 2 * phase + 1 - scale  # of the centre of the pixel, in parts of 1 / (2 scale)
        before = ahead // (2 * scale)
        share = ahead / (2 * scale) - before
        pair = []
        for shift, weight in ((before, 1 - share), (before + 1, share)):
            found = (pixels + shift).clamp(0, side - 1)
            parts = 2 * scale * (pixels - found) + ahead
            offset = (parts / scale).to(like.dtype)
            pair.append(_Neighbour(shift=shift, offset=offset, share=weight))
        phases.append((pair[0], pair[1]))
    return phases


def _shifted(around_BDHW: Tensor, row: int, column: int) -> Tensor:
    """Return the values ``row`` and ``column`` further on; the input has one more on each side."""
    height, width = around_BDHW.shape[2] - 2, around_BDHW.shape[3] - 2
    return around_BDHW[:, :, 1 + row : 1 + row + height, 1 + column : 1 + column + width]


def _decode(hidden_BDHW: Tensor, layers: list[nn.Linear]) -> Tensor:
    for layer in layers:
        kernel = layer.weight[:, :, None, None]
        hidden_BDHW = F.conv2d(hidden_BDHW.relu(), kernel, layer.bias)
    return hidden_BDHW


def _trunk(config: LiifConfig) -> EdsrTrunk | RdnTrunk:
    if not config.layers:
        return EdsrTrunk(config.channels, blocks=config.blocks, residual_scale=1.0)
    size = DenseSize(
        blocks=config.blocks,
        layers=config.layers,
        growth=config.growth,
        channels=config.channels,
    )
    return RdnTrunk(size)


SPEC = NetworkSpec(
    name="liif",
    config=LiifConfig,
    build=Liif,
    presets={"edsr": EDSR, "rdn": RDN},
    scales=(2, 3, 4, 6, 8),
    source="CVPR 2021, arXiv 2012.09161; github.com/yinboc/liif",
)
