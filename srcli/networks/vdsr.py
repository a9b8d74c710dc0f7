"""VDSR, the first very deep network for super-resolution: a baseline for any ratio up to 4.

Paper: Kim, Lee, Lee, "Accurate Image Super-Resolution Using Very Deep Convolutional Networks",
CVPR 2016, arXiv 1511.04587. The weights are ours, since the authors' are a MATLAB file.

The input is the picture enlarged to the output size. Convolutions of 3x3 with a ReLU between
predict what the enlargement lost of its luma, and chroma stays bicubic. One network learns the
scales 2, 3 and 4 together.

Presets (parameters):
    paper       665,921   20 layers of 64 channels. The weights without the 1,217 biases are the
                          664,704 (665K) that later papers count
    10-layers   296,641   to be grown into ``paper`` by training
    5-layers    112,001   to be grown into ``10-layers``, at a fifth of the cost of a step

What differs from the paper: the last layer starts near zero, so training starts near bicubic.

Shape suffixes: B batch, C channels, H W rows and columns of the output.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from torch import Tensor, nn

from srcli.networks.blocks.unit_luma import unit_luma
from srcli.networks.spec import AnyRatioNetwork, AnyRatioTraits, NetworkSpec, Reach

LAST_BOUND = 2e-3
SCALES = (2, 3, 4)


@dataclass(frozen=True, slots=True, kw_only=True)
class VdsrConfig:
    """Size of a VDSR: ``layers`` convolutions, all but the last one of ``channels`` channels."""

    layers: int = 20
    channels: int = 64


PAPER = VdsrConfig()
TEN_LAYERS = VdsrConfig(layers=10)
FIVE_LAYERS = VdsrConfig(layers=5)


class Vdsr(AnyRatioNetwork):
    """The network, which takes no notice of the ratio. Its reach is one pixel a layer."""

    def __init__(self, config: VdsrConfig) -> None:
        super().__init__()
        self.config = config
        widths = (1, *[config.channels] * (config.layers - 1), 1)
        self.layers = nn.ModuleList(
            nn.Conv2d(before, after, 3, padding=1) for before, after in pairwise(widths)
        )
        for layer in self.layers:
            nn.init.kaiming_normal_(layer.get_parameter("weight"), nonlinearity="relu")
            nn.init.zeros_(layer.get_parameter("bias"))
        nn.init.uniform_(self.layers[-1].get_parameter("weight"), -LAST_BOUND, LAST_BOUND)

    @property
    def traits(self) -> AnyRatioTraits:
        reach = self.config.layers
        return AnyRatioTraits(
            max_ratio=float(SCALES[-1]),
            receptive_radius=reach,
            reaches=tuple(
                Reach(max_ratio=scale, receptive_radius=reach, size_multiple=1, minimum_size=1)
                for scale in SCALES
            ),
        )

    def forward(
        self, image_B3HW: Tensor, ratio: float, strengths_BT: Tensor | None = None
    ) -> Tensor:
        del ratio, strengths_BT  # one network for all
        features_BCHW: Tensor = self.layers[0](unit_luma(image_B3HW))
        for layer in list(self.layers)[1:]:
            features_BCHW = layer(features_BCHW.relu_())
        return image_B3HW + features_BCHW


SPEC = NetworkSpec(
    name="vdsr",
    config=VdsrConfig,
    build=Vdsr,
    presets={"paper": PAPER, "10-layers": TEN_LAYERS, "5-layers": FIVE_LAYERS},
    source="CVPR 2016, arXiv 1511.04587; cv.snu.ac.kr/research/VDSR",
)
