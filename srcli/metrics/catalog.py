"""The catalogue of metrics."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from torch import Tensor

from srcli.metrics.fsim import fsim
from srcli.metrics.gmsd import gmsd
from srcli.metrics.lpips import ALEX, VGG
from srcli.metrics.ms_ssim import SMALLEST as MS_SSIM_SIDE
from srcli.metrics.ms_ssim import ms_ssim
from srcli.metrics.psnr import PEAK, psnr_rgb, psnr_y
from srcli.metrics.ssim import ssim_y
from srcli.metrics.vif import SMALLEST as VIF_SIDE
from srcli.metrics.vif import vif
from srcli.pixels.color import LUMA_OFFSET, LUMA_WEIGHTS, luma

Compare = Callable[[Tensor, Tensor], float]
"""A function of SR and HR, of the same shape."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A number that compares two pictures.

    Attributes:
        name: id of the metric, and name of its field in ``Scores``.
        title: name in the heads of tables.
        measure: function of SR and HR, both RGB (1, 3, H, W) in [0, 1]; None if it takes weights,
            with which ``dataclasses.replace`` gives it one.
        larger_is_better: whether a larger number means a better picture.
        unit: ``dB``, or empty for a pure number.
        decimals: number of decimals that the literature prints.
        smallest: side of the smallest picture, in pixels.

    """

    name: str
    title: str
    measure: Compare | None
    larger_is_better: bool
    unit: str
    decimals: int
    smallest: int = 1

    def text(self, value: float) -> str:
        """Write a value with the decimals that the literature prints."""
        return f"{value:.{self.decimals}f}"


_ALL = (
    Metric(
        name="psnr_y",
        title="PSNR-Y",
        measure=psnr_y,
        larger_is_better=True,
        unit="dB",
        decimals=2,
    ),
    Metric(
        name="ssim_y",
        title="SSIM-Y",
        measure=ssim_y,
        larger_is_better=True,
        unit="",
        decimals=4,
    ),
    Metric(
        name="psnr_rgb",
        title="PSNR-RGB",
        measure=psnr_rgb,
        larger_is_better=True,
        unit="dB",
        decimals=2,
    ),
)

METRICS: Mapping[str, Metric] = {metric.name: metric for metric in _ALL}
"""What every bench measures."""


def _gray(image: Tensor) -> Tensor:
    """Return luma that spans 0..255 (1, 1, H, W), float64, of RGB in [0, 1]."""
    return luma(image.double()).sub_(LUMA_OFFSET).mul_(PEAK / sum(LUMA_WEIGHTS))


def _of_gray(name: str, title: str, measure: Compare, *, smallest: int, better: bool) -> Metric:
    return Metric(
        name=name,
        title=title,
        measure=lambda sr, hr: measure(_gray(sr), _gray(hr)),
        larger_is_better=better,
        unit="",
        decimals=4,
        smallest=smallest,
    )


def _of_features(name: str, title: str, smallest: int) -> Metric:
    return Metric(
        name=name,
        title=title,
        measure=None,
        larger_is_better=False,
        unit="",
        decimals=4,
        smallest=smallest,
    )


_EXTRA = (
    _of_gray("ms_ssim", "MS-SSIM", ms_ssim, smallest=MS_SSIM_SIDE, better=True),
    _of_gray("gmsd", "GMSD", gmsd, smallest=4, better=False),
    _of_gray("fsim", "FSIM", fsim, smallest=8, better=True),
    _of_gray("vif", "VIF", vif, smallest=VIF_SIDE, better=True),
    _of_features("lpips_alex", "LPIPS (Alex)", ALEX.smallest),
    _of_features("lpips_vgg", "LPIPS (VGG)", VGG.smallest),
)

EXTRA_METRICS: Mapping[str, Metric] = {metric.name: metric for metric in _EXTRA}
"""What a bench measures if it is asked for, on grey of the whole range, or on RGB with the weights
of a user."""
