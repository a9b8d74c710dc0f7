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
from srcli.metrics.psnr import psnr_y
from srcli.networks.spec import SrNetwork
from srcli.pixels.color import quantize
from srcli.training.config import RESTORED, Degradation
from srcli.training.photo import degrade_photo
from srcli.training.restore import LEVELS, degrade_at

ANY_RATIO_SCALES = (2.0, 3.0, 4.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Validation:
    """Mean PSNR-Y in dB.

    By scale, by the published protocol; of restoration by level of the degradation, with no
    border left out.
    """

    psnr_y: Mapping[float, float]

    @property
    def mean(self) -> float:
        """Mean over the scales or levels: what the best weights are chosen by."""
        return sum(self.psnr_y.values()) / len(self.psnr_y)


def validate(
    network: SrNetwork,
    pictures: Sequence[Tensor],
    compute: Compute,
    *,
    degradation: Degradation = "bicubic",
) -> Validation:
    """Enlarge reduced pictures, or restore degraded ones, and compare.

    Args:
        network: in any mode; it is left in evaluation mode.
        pictures: HR, uint8 (1, 3, H, W).
        compute: where and how to run.
        degradation: of what the network is shown; the same for a picture every time.

    """
    if degradation in RESTORED:
        return _validate_restoration(network, pictures, compute, degradation)
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


def _validate_restoration(
    network: SrNetwork, pictures: Sequence[Tensor], compute: Compute, degradation: Degradation
) -> Validation:
    upscaler = Upscaler(network, compute)

    def restored(picture: Tensor, level: int, seed: int) -> float:
        spoilt = degrade_at(picture, degradation, level, seed=seed)
        size = picture.shape[2], picture.shape[3]
        output = upscaler(spoilt.to(torch.float32) / 255, size, ratio=1.0)
        return psnr_y(quantize(output), picture.double() / 255)

    return Validation(
        psnr_y={
            float(level): fmean(restored(picture, level, n) for n, picture in enumerate(pictures))
            for level in LEVELS[degradation]
        }
    )


def _psnr_y(upscaler: Upscaler, hr: Tensor, scale: float, spoil: Random | None) -> float:
    lr, cropped = reduce_for(hr, scale)
    if spoil is not None:
        lr = degrade_photo(lr, spoil)
    sr = upscaler(lr.to(torch.float32) / 255, (cropped.shape[2], cropped.shape[3]), ratio=scale)
    return score(sr, cropped, scale).psnr_y
