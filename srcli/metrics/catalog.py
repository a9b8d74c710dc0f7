"""The catalogue of metrics."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from torch import Tensor

from srcli.metrics.psnr import psnr_rgb, psnr_y
from srcli.metrics.ssim import ssim_y


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A number that compares two pictures.

    Attributes:
        name: id of the metric, and name of its field in ``Scores``.
        title: name in the heads of tables.
        measure: function of SR and HR, both RGB (1, 3, H, W) in [0, 1].
        larger_is_better: whether a larger number means a better picture.
        unit: ``dB``, or empty for a pure number.
        decimals: number of decimals that the literature prints.

    """

    name: str
    title: str
    measure: Callable[[Tensor, Tensor], float]
    larger_is_better: bool
    unit: str
    decimals: int

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
