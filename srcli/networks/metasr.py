"""Meta-SR with the trunk of RDN (Meta-RDN): a baseline whose weights serve any factor up to 4.

Paper: Hu, Mu, Zhang, Wang, Tan, Sun, "Meta-SR: A Magnification-Arbitrary Network for
Super-Resolution", CVPR 2019, arXiv 1903.00875. Authors' code: XuecaiHu/Meta-SR-Pytorch.

Presets (parameters, the same at every scale, without the 24 constants of the mean shifts):
    paper   22,419,072   config B of RDN
    a        5,912,192   config A of RDN

A perceptron predicts a 3x3 kernel for every position of a sample within its pixel, and the
features of the small picture are filtered with it.

What differs from the authors' code: a network is built for one whole scale, since the engine gives
networks of any ratio a picture that is enlarged already. The weights do not depend on it. At a
whole scale, the kernels are those of one convolution and a shuffle.

Shape suffixes: B batch, C channels, H W rows and columns, P positions of a sample in its pixel.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - PyTorch's own usage

from srcli.networks.blocks.mean_shift import MeanShift
from srcli.networks.blocks.residual_dense import DenseSize, RdnTrunk
from srcli.networks.spec import FixedScaleNetwork, FixedScaleTraits, NetworkSpec

HIDDEN = 256
"""Units between a position and its kernel."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MetasrConfig:
    """Size of a Meta-RDN, as in ``RdnConfig``; ``rgb_range`` is the value range of the weights."""

    scale: int
    blocks: int = 16
    layers: int = 8
    growth: int = 64
    channels: int = 64
    rgb_range: float = 255.0


PAPER = MetasrConfig(scale=2)
SMALL = MetasrConfig(scale=2, blocks=20, layers=6, growth=32)


class Metasr(FixedScaleNetwork):
    """Meta-RDN at one scale. It takes sides of 1 pixel or more."""

    def __init__(self, config: MetasrConfig) -> None:
        super().__init__()
        self.config = config
        size = DenseSize(
            blocks=config.blocks,
            layers=config.layers,
            growth=config.growth,
            channels=config.channels,
        )
        self.sub_mean = MeanShift(-1, rgb_range=config.rgb_range)
        self.encoder = RdnTrunk(size)
        self.predictor = nn.Sequential(
            nn.Linear(3, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, 9 * config.channels * 3)
        )
        self.add_mean = MeanShift(1, rgb_range=config.rgb_range)

    @property
    def traits(self) -> FixedScaleTraits:
        return FixedScaleTraits(scale=self.config.scale, receptive_radius=self.encoder.reach + 1)

    def kernels(self, like: Tensor) -> Tensor:
        """Return the kernels (3 P, C, 3, 3) of all positions, P of them for each colour."""
        scale = self.config.scale
        positions = product(range(scale), range(scale))
        positions_P3 = like.new_tensor(
            [(1 / scale, row / scale, column / scale) for row, column in positions]
        )
        predicted: Tensor = self.predictor(positions_P3).view(scale**2, -1, 3)
        return predicted.permute(2, 0, 1).reshape(3 * scale**2, self.config.channels, 3, 3)

    def forward(self, image_B3HW: Tensor) -> Tensor:
        features_BCHW = self.encoder(self.sub_mean(image_B3HW * self.config.rgb_range))
        kernels = self.kernels(image_B3HW).to(features_BCHW.dtype)
        made = F.pixel_shuffle(F.conv2d(features_BCHW, kernels, padding=1), self.config.scale)
        output_B3HW: Tensor = self.add_mean(made) / self.config.rgb_range
        return output_B3HW


SPEC = NetworkSpec(
    name="metasr",
    config=MetasrConfig,
    build=Metasr,
    presets={"paper": PAPER, "a": SMALL},
    scales=(2, 3, 4),
    source="CVPR 2019, arXiv 1903.00875; github.com/XuecaiHu/Meta-SR-Pytorch",
)
