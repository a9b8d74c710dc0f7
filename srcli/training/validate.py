"""Score a network on whole pictures while it trains."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from random import Random
from statistics import fmean

import torch
from torch import Tensor

from srcli.engine.device import Compute
from srcli.engine.network_runner import NetworkRunner
from srcli.engine.recursion import with_strengths
from srcli.metrics.protocol import check_measurable, cropped_sizes, reduce_for, score
from srcli.metrics.psnr import psnr_y
from srcli.networks.spec import AnyRatioTraits, SrNetwork
from srcli.pixels.color import quantize
from srcli.training.batch_sampler import DRAW_DEGRADATION
from srcli.training.config import RESTORED, Degradation
from srcli.training.process_group import ProcessGroup
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
    group: ProcessGroup,
) -> Validation:
    """Enlarge reduced pictures, or restore degraded ones, and compare.

    Args:
        network: in any mode; it is left in evaluation mode.
        pictures: HR, uint8 (1, 3, H, W).
        compute: where and how to run.
        degradation: of what the network is shown; the same for a picture every time.
        group: shares the pictures out.

    """
    runner = NetworkRunner(network, compute)
    mine = list(enumerate(pictures))[group.rank :: group.count]
    levels = _levels(network, degradation)
    way = _restored if degradation in RESTORED else _enlarged
    score_at: Callable[[int, Tensor, float], float] = partial(way, runner, degradation)
    return Validation(
        psnr_y={
            level: fmean(group.gather([score_at(n, picture, level) for n, picture in mine]))
            for level in levels
        }
    )


def check_picture(
    size: tuple[int, int], network: SrNetwork, degradation: Degradation = "bicubic"
) -> None:
    """Refuse a picture of (height, width) that could not be validated on, with an ImageError."""
    if degradation not in RESTORED:
        for scale in _levels(network, degradation):
            _, cropped = cropped_sizes(*size, scale)
            check_measurable(*cropped, scale)


def _levels(network: SrNetwork, degradation: Degradation) -> tuple[float, ...]:
    """Return the scales, or the levels of the degradation, to validate at."""
    if degradation in RESTORED:
        return tuple(map(float, LEVELS[degradation]))
    traits = network.traits
    return ANY_RATIO_SCALES if isinstance(traits, AnyRatioTraits) else (float(traits.scale),)


def _enlarged(
    runner: NetworkRunner, degradation: Degradation, n: int, hr: Tensor, scale: float
) -> float:
    lr, cropped = reduce_for(hr, scale)
    size, wanted = (lr.shape[2], lr.shape[3]), (cropped.shape[2], cropped.shape[3])
    passes = runner.plan_passes(size, wanted, scale)
    if degradation != "bicubic":
        degraded = DRAW_DEGRADATION[degradation](Random(n))(cropped[0], size)
        lr = degraded.image[None]
        traits = runner.network.traits
        is_told = isinstance(traits, AnyRatioTraits) and traits.told
        if degraded.strengths is not None and is_told:
            passes = with_strengths(passes, degraded.strengths.normalized)
    sr = runner.run_passes(lr.to(torch.float32) / 255, passes)
    return score(sr, cropped, scale).psnr_y


def _restored(
    runner: NetworkRunner, degradation: Degradation, n: int, picture: Tensor, level: float
) -> float:
    spoilt = degrade_at(picture, degradation, int(level), seed=n)
    size = picture.shape[2], picture.shape[3]
    output = runner(spoilt.to(torch.float32) / 255, size, ratio=1.0)
    return psnr_y(quantize(output), picture.double() / 255)
