"""FSDN: ASDN's trunk for one fixed scale, on the small picture, which is enlarged at the end.

Paper: Shen, Wang, Zhang, "ASDN: A Deep Convolutional Network for Arbitrary Scale Image
Super-Resolution", arXiv 2010.02414, sections 3.2.1 and 4. The authors published neither code
nor weights.

From the paper: the trunk is that of ASDN, fine-tuned from its weights, and its input is the
small picture. A deconvolution for the scale comes before the restoration branch and its spatial
attention. The enlarged picture is added to the result. The scales are 2, 3, 4 and 8.

Our choices where the paper is silent: a 1x1 convolution narrows the trunk's output before the
deconvolution. Deconvolutions are 6x6 of stride 2 (one, two or three of them) or 9x9 of stride 3,
and the restoration convolution is 3x3, all as in DBDN by the same authors (arXiv 1810.04873). The
picture is enlarged by bicubic interpolation. Each scale has its own file. The restoration
convolution starts near zero, so training starts at bicubic.

Presets (parameters at x2, x3, x4, x8):
    paper   22,620,848   22,805,168   22,768,368   22,915,888
    light      876,000      922,080      912,896      949,792

Parameters named ``trunk.`` have the names and shapes of those of ASDN's preset of the same name.

Shape suffixes: B batch, C channels, H W rows and columns of the input.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from srcli.networks.blocks.dense_attention import DenseTrunk, DenseTrunkConfig, SpatialAttention
from srcli.networks.spec import FixedScaleNetwork, FixedScaleTraits, NetworkSpec
from srcli.pixels.enlarge import enlarge

SCALES = (2, 3, 4, 8)
RESTORE_BOUND = 2e-3


@dataclass(frozen=True, slots=True, kw_only=True)
class FsdnConfig:
    """Scale of an FSDN, one of ``SCALES``, and size of its trunk as in ``AsdnConfig``."""

    scale: int
    blocks: int
    width: int
    dense_layers: int
    growth: int
    stem: int = 64


PAPER = FsdnConfig(scale=2, blocks=16, width=64, dense_layers=8, growth=64)
LIGHT = FsdnConfig(scale=2, blocks=8, width=32, dense_layers=4, growth=32)


def deconvolutions(width: int, scale: int) -> nn.Sequential:
    """Make the layers that enlarge ``width`` channels by ``scale``, without activations.

    Raises:
        ValueError: the scale is not one of ``SCALES``.

    """
    if scale not in SCALES:
        msg = f"FSDN has the scales {SCALES}, not {scale}"
        raise ValueError(msg)
    steps = (3,) if scale == 3 else (2,) * (scale.bit_length() - 1)  # noqa: PLR2004 - the scale
    return nn.Sequential(
        *(nn.ConvTranspose2d(width, width, 3 * step, stride=step, padding=step) for step in steps)
    )


class Fsdn(FixedScaleNetwork):
    """The network of one scale. Channel attention pools globally, so it sees the whole image."""

    def __init__(self, config: FsdnConfig) -> None:
        super().__init__()
        self.scale = config.scale
        trunk = DenseTrunkConfig(
            blocks=config.blocks,
            layers=config.dense_layers,
            width=config.width,
            growth=config.growth,
            stem=config.stem,
        )
        self.trunk = DenseTrunk(trunk)
        self.transition = nn.Conv2d(trunk.out_channels, config.width, 1)
        self.enlarge = deconvolutions(config.width, config.scale)
        self.restore = nn.Conv2d(config.width, 3, 3, padding=1)
        self.attention = SpatialAttention()
        nn.init.uniform_(self.restore.weight, -RESTORE_BOUND, RESTORE_BOUND)
        nn.init.zeros_(self.restore.get_parameter("bias"))

    @property
    def traits(self) -> FixedScaleTraits:
        return FixedScaleTraits(scale=self.scale, receptive_radius=None)

    def forward(self, image_B3HW: Tensor) -> Tensor:
        features_BCHW = self.transition(self.trunk(image_B3HW))
        residual_B3HW: Tensor = self.attention(self.restore(self.enlarge(features_BCHW)))
        return enlarge(image_B3HW, self.scale) + residual_B3HW


SPEC = NetworkSpec(
    name="fsdn",
    config=FsdnConfig,
    build=Fsdn,
    presets={"paper": PAPER, "light": LIGHT},
    scales=SCALES,
    source="arXiv 2010.02414; no code or weights were published",
)
