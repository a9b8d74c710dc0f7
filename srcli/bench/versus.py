"""Compares models picture by picture, so that chance is not taken for quality.

A model is called better where the interval of its mean difference excludes zero. The interval is
the percentile bootstrap over pictures (Efron and Tibshirani, "An Introduction to the Bootstrap",
1993, chapter 13), of a fixed seed. Fewer than six pictures never suffice: were all six differences
of one sign by chance, that would have a probability of 2 / 2^6 = 3 %; of five, 6 %.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isfinite

import numpy as np
from numpy.typing import NDArray

from srcli.bench.records import Record
from srcli.bench.summary import labels_of
from srcli.bench.tables import scale_text
from srcli.metrics.catalog import METRICS
from srcli.report.tables import Cell, Table

RESAMPLES = 10_000
LEVEL = 0.95
SEED = 0
LEAST_PICTURES = 6
VERDICTS = {1: "better", 0: "not told apart", -1: "worse"}
TOO_FEW = "too few pictures"


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A mean over pictures, and the interval that holds the mean of all such pictures at 95 %."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A model against another on the same pictures.

    Attributes:
        dataset: name of the data set.
        scale: the ratio.
        model: what is compared, and with what way it was run.
        versus: what it is compared with.
        pictures: number of pictures that both were measured on.
        psnr_y: of the model, in dB.
        psnr_y_difference: model less the other, in dB.
        ssim_y_difference: the same of SSIM.
        ahead: on how many pictures the model has the larger PSNR.
        verdict: one of ``VERDICTS``, by the difference of PSNR, or ``TOO_FEW``.

    """

    dataset: str
    scale: float
    model: str
    versus: str
    pictures: int
    psnr_y: Interval
    psnr_y_difference: Interval
    ssim_y_difference: Interval
    ahead: int
    verdict: str


def differences(records: Sequence[Record], versus: str) -> tuple[Difference, ...]:
    """Compare every model with ``versus``, on each data set and at each scale.

    Args:
        records: of several models on the same pictures. Pictures that failed, or that one of the
            two made perfectly, are left out.
        versus: label of a model among them.

    """
    groups: dict[tuple[str, float], dict[str, dict[tuple[str, str], Record]]] = {}
    for record, label in zip(records, labels_of(records), strict=True):
        task = record.task
        models = groups.setdefault((task.dataset, task.scale), {})
        models.setdefault(label, {})[task.image, task.image_sha256] = record
    return tuple(
        found
        for (dataset, scale), models in groups.items()
        for label, mine in models.items()
        if label != versus and versus in models
        for found in _compared(dataset, scale, (label, versus), mine, models[versus])
    )


def versus_table(found: Sequence[Difference]) -> Table:
    """List differences with their intervals and what they tell."""
    psnr, ssim = METRICS["psnr_y"], METRICS["ssim_y"]
    body = tuple(
        tuple(
            Cell(text=text)
            for text in (
                one.dataset,
                scale_text(one.scale),
                one.model,
                f"{one.pictures}",
                _text(one.psnr_y, psnr.decimals),
                _text(one.psnr_y_difference, psnr.decimals, sign="+"),
                _text(one.ssim_y_difference, ssim.decimals, sign="+"),
                f"{one.ahead} of {one.pictures}",
                one.verdict,
            )
        )
        for one in found
    )
    return Table(
        caption=f"Paired differences from {found[0].versus}",
        header=(
            *("Data set", "Scale", "Model", "Pictures", "PSNR-Y, dB", "Difference, dB"),
            *("Difference of SSIM-Y", "Ahead on", "Verdict"),
        ),
        rows=body,
        labels=3,
        notes=(
            f"Brackets: intervals of {LEVEL:.0%} by {RESAMPLES:,} bootstrap samples of pictures.",
            f"A verdict needs {LEAST_PICTURES} pictures, and an interval that excludes zero.",
        ),
    )


def _compared(
    dataset: str,
    scale: float,
    labels: tuple[str, str],
    mine: dict[tuple[str, str], Record],
    theirs: dict[tuple[str, str], Record],
) -> Iterator[Difference]:
    """Yield the difference of two models, if they have a picture in common."""
    pairs = [
        (mine[key].scores, theirs[key].scores)
        for key in mine
        if key in theirs and mine[key].scores and theirs[key].scores
    ]
    usable = [
        (a.psnr_y, b.psnr_y, a.ssim_y, b.ssim_y)
        for a, b in pairs
        if a and b and isfinite(a.psnr_y) and isfinite(b.psnr_y)
    ]
    if not usable:
        return
    own_psnr, other_psnr, own_ssim, other_ssim = np.array(usable, dtype=np.float64).T
    gain = own_psnr - other_psnr
    interval = mean_interval(gain)
    sign = (interval.low > 0) - (interval.high < 0)
    yield Difference(
        dataset=dataset,
        scale=scale,
        model=labels[0],
        versus=labels[1],
        pictures=len(gain),
        psnr_y=mean_interval(own_psnr),
        psnr_y_difference=interval,
        ssim_y_difference=mean_interval(own_ssim - other_ssim),
        ahead=int((gain > 0).sum()),
        verdict=VERDICTS[sign] if len(gain) >= LEAST_PICTURES else TOO_FEW,
    )


def mean_interval(values: NDArray[np.float64]) -> Interval:
    """Return the mean of finite values (N,) and its interval."""
    drawn = np.random.default_rng(SEED).integers(0, len(values), (RESAMPLES, len(values)))
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(values[drawn].mean(1), (tail, 1 - tail))
    return Interval(mean=float(values.mean()), low=float(low), high=float(high))


def _text(interval: Interval, decimals: int, sign: str = "") -> str:
    mean, low, high = (
        f"{one:{sign}.{decimals}f}" for one in (interval.mean, interval.low, interval.high)
    )
    return f"{mean} ({low} to {high})"
