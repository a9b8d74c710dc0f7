"""ASDN, one network for any ratio in (1, 2], and any factor through recursion.

Paper: Shen, Wang, Zhang, "ASDN: A Deep Convolutional Network for Arbitrary Scale Image
Super-Resolution", arXiv 2010.02414. The authors published neither code nor weights.

The picture comes enlarged to the output size. A trunk looks at it once; eleven heads, one for
each ratio 1.0, 1.1 ... 2.0, predict what the enlargement lost. A ratio between two heads takes
the linear blend of the two (Laplacian frequency representation, Eq. 1-3).

Presets (parameters):
    paper   22,438,288   16 dense attention blocks of 8 layers, 64 channels
    light      839,008   8 blocks of 4 layers, 32 channels
    base     1,264,836   ours, not the authors': 16 plain residual blocks of 64 channels on the
                         grid reduced by two (pixel unshuffle), no attention, so its reach is
                         finite and tiles join bit for bit; 0.299 MMAC per output pixel
    fast       436,500   the same with 9 blocks of 48 channels; 0.096 MMAC per output pixel

What the paper leaves open, and our choice: kernels 1x1 for compression and restoration (they
give the parameter counts that circulate), three mask channels in spatial attention, and the
head of ratio 1.0 is the identity, so it is stored but never used.

Shape suffixes: B batch, C channels, H W rows and columns of the output.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - PyTorch's own usage

from srcli.networks.blocks.dense_attention import DenseTrunk, DenseTrunkConfig, SpatialAttention
from srcli.networks.spec import NetworkSpec, NetworkTraits, SrNetwork

LEVELS = 11
PHASES = LEVELS - 1
EPSILON = 1e-6
MAX_RATIO = 2.0
HEAD_BOUND = 2e-3
"""Of new heads: training starts near the bicubic picture."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AsdnConfig:
    """Size of an ASDN.

    ``dense_layers`` > 0 makes the paper's trunk (``stem``, ``growth`` and spatial attention
    belong to it); 0 makes the local one: ``blocks`` residual pairs of 3x3 convolutions of
    ``width`` channels on the grid reduced by ``unshuffle``.

    ``restoring_ratio``, in (1, 2], is for weights that undo more than a reduction: see
    ``NetworkTraits``. 0 is for all others.

    Raises:
        ValueError: it is neither.

    """

    blocks: int
    width: int
    dense_layers: int = 0
    growth: int = 0
    stem: int = 64
    unshuffle: int = 1
    restoring_ratio: float = 0.0

    def __post_init__(self) -> None:
        if self.restoring_ratio and not 1 < self.restoring_ratio <= MAX_RATIO:
            msg = f"a picture is restored by way of a ratio in (1, 2], not {self.restoring_ratio}"
            raise ValueError(msg)


PAPER = AsdnConfig(blocks=16, width=64, dense_layers=8, growth=64)
LIGHT = AsdnConfig(blocks=8, width=32, dense_layers=4, growth=32)
BASE = AsdnConfig(blocks=16, width=64, unshuffle=2)
FAST = AsdnConfig(blocks=9, width=48, unshuffle=2)
PHOTO = replace(FAST, restoring_ratio=1.5)


def blend_of(ratio: float) -> tuple[int, float]:
    """Return the head ``i`` of a ratio in (1, 2] and the weight ``w`` of head ``i - 1``.

    The blended output is (1 - w) O_i + w O_{i-1} (Eq. 3). On a trained level w is exactly 0.
    """
    position = PHASES * (ratio - 1)
    upper = min(max(math.ceil(position - EPSILON), 1), PHASES)
    weight = max(0.0, upper - position)
    return upper, weight if weight >= EPSILON else 0.0


class RestorationBranch(nn.Module):
    """Head of the paper: features to an RGB residual, masked by spatial attention."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.restore = nn.Conv2d(channels, 3, 1)
        self.attention = SpatialAttention()

    def forward(self, features_BCHW: Tensor) -> Tensor:
        residual_B3HW: Tensor = self.attention(self.restore(features_BCHW))
        return residual_B3HW


class Asdn(SrNetwork):
    """The paper's network. Channel attention pools globally: it sees the whole image."""

    def __init__(self, config: AsdnConfig) -> None:
        super().__init__()
        self.config = config
        trunk = DenseTrunkConfig(
            blocks=config.blocks,
            layers=config.dense_layers,
            width=config.width,
            growth=config.growth,
            stem=config.stem,
        )
        self.trunk = DenseTrunk(trunk)
        self.heads = nn.ModuleList(RestorationBranch(trunk.out_channels) for _ in range(LEVELS))

    @property
    def traits(self) -> NetworkTraits:
        return NetworkTraits(
            scale=None,
            max_ratio=MAX_RATIO,
            receptive_radius=None,
            restoring_ratio=self.config.restoring_ratio or None,
        )

    def forward(self, image_B3HW: Tensor, ratio: float | None = None) -> Tensor:
        level, weight = blend_of(2.0 if ratio is None else ratio)
        features_BCHW = self.trunk(image_B3HW)
        output_B3HW: Tensor = image_B3HW + (1 - weight) * self.heads[level](features_BCHW)
        if weight > 0 and level > 1:
            output_B3HW = output_B3HW + weight * self.heads[level - 1](features_BCHW)
        return output_B3HW


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions with a ReLU between, plus the input."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(width, width, 3, padding=1)
        self.second = nn.Conv2d(width, width, 3, padding=1)

    def forward(self, features_BCHW: Tensor) -> Tensor:
        residual_BCHW: Tensor = self.second(F.relu(self.first(features_BCHW), inplace=True))
        return features_BCHW + residual_BCHW


class LocalAsdn(SrNetwork):
    """Our own variant: the same heads and blending over a trunk of finite reach.

    Its heads are bare convolutions, so blending two outputs equals one convolution with
    blended weights, which is what is computed.
    """

    def __init__(self, config: AsdnConfig) -> None:
        super().__init__()
        self.config = config
        samples = 3 * config.unshuffle**2
        self.stem = nn.Conv2d(samples, config.width, 3, padding=1)
        self.blocks = nn.ModuleList(ResidualBlock(config.width) for _ in range(config.blocks))
        self.heads = nn.ModuleList(
            nn.Conv2d(config.width, samples, 3, padding=1) for _ in range(LEVELS)
        )
        for head in self.heads:
            nn.init.uniform_(head.get_parameter("weight"), -HEAD_BOUND, HEAD_BOUND)
            nn.init.zeros_(head.get_parameter("bias"))

    @property
    def traits(self) -> NetworkTraits:
        step = self.config.unshuffle
        convolutions = 2 * self.config.blocks + 2
        return NetworkTraits(
            scale=None,
            max_ratio=MAX_RATIO,
            restoring_ratio=self.config.restoring_ratio or None,
            receptive_radius=convolutions * step + step - 1,
            size_multiple=step,
            minimum_size=step,
        )

    def forward(self, image_B3HW: Tensor, ratio: float | None = None) -> Tensor:
        level, weight = blend_of(2.0 if ratio is None else ratio)
        step = self.config.unshuffle
        stem_BCHW = self.stem(F.pixel_unshuffle(image_B3HW, step))
        features_BCHW = stem_BCHW
        for block in self.blocks:
            features_BCHW = block(features_BCHW)
        kernel, bias = self._blended_head(level, weight)
        residual_BCHW = F.conv2d(features_BCHW + stem_BCHW, kernel, bias, padding=1)
        return image_B3HW + F.pixel_shuffle(residual_BCHW, step)

    def _blended_head(self, level: int, weight: float) -> tuple[Tensor, Tensor]:
        kernel, bias = _parameters(self.heads[level])
        if weight == 0:
            return kernel, bias
        kernel, bias = (1 - weight) * kernel, (1 - weight) * bias
        if level > 1:
            below, below_bias = _parameters(self.heads[level - 1])
            kernel, bias = kernel + weight * below, bias + weight * below_bias
        return kernel, bias


def _parameters(head: nn.Module) -> tuple[Tensor, Tensor]:
    return head.get_parameter("weight"), head.get_parameter("bias")


def build(config: AsdnConfig) -> SrNetwork:
    """Make an ASDN with fresh weights."""
    return Asdn(config) if config.dense_layers else LocalAsdn(config)


SPEC = NetworkSpec(
    name="asdn",
    config=AsdnConfig,
    build=build,
    presets={"paper": PAPER, "light": LIGHT, "base": BASE, "fast": FAST, "photo": PHOTO},
    untrained=("heads.0.",),
    source="arXiv 2010.02414; no code or weights were published",
)
