"""Score a network on whole pictures while it trains."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from statistics import fmean

import torch
from torch import Tensor

from srcli.engine.device import Compute
from srcli.engine.upscaler import Upscaler
from srcli.metrics.protocol import reduce_for, score
from srcli.networks.spec import SrNetwork
from srcli.training.config import Degradation
from srcli.training.photo import degrade_photo

ANY_RATIO_SCALES = (2.0, 3.0, 4.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Validation:
    """Mean PSNR-Y in dB by scale, by the published protocol."""

    psnr_y: Mapping[float, float]

    @property
    def mean(self) -> float:
        """Mean over the scales: what the best weights are chosen by."""
        return sum(self.psnr_y.values()) / len(self.psnr_y)


def validate(
    network: SrNetwork,
    pictures: Sequence[Tensor],
    compute: Compute,
    *,
    degradation: Degradation = "bicubic",
) -> Validation:
    """Enlarge reduced pictures and compare.

    Args:
        network: in any mode; it is left in evaluation mode.
        pictures: HR, uint8 (1, 3, H, W).
        compute: where and how to run.
        degradation: of the reduced pictures; the same for a picture every time.

    """
    fixed = network.traits.scale
    scales = ANY_RATIO_SCALES if fixed is None else (float(fixed),)
    upscaler = Upscaler(network, compute)
    return Validation(
        psnr_y={
            scale: fmean(
                _psnr_y(upscaler, hr, scale, Random(n) if degradation == "photo" else None)
                for n, hr in enumerate(pictures)
            )
            for scale in scales
        }
    )


def _psnr_y(upscaler: Upscaler, hr: Tensor, scale: float, spoil: Random | None) -> float:
    lr, cropped = reduce_for(hr, scale)
    if spoil is not None:
        lr = degrade_photo(lr, spoil)
    sr = upscaler(lr.to(torch.float32) / 255, (cropped.shape[2], cropped.shape[3]), ratio=scale)
    return score(sr, cropped, scale).psnr_y
