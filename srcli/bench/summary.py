"""Means over the pictures of a data set."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean

from srcli.bench.records import Conditions, Record
from srcli.metrics.protocol import Scores


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One model on one data set at one scale.

    Attributes:
        dataset: name of the data set.
        scale: the ratio.
        conditions: the model, and how it was measured.
        parameters: number of parameters; 0 for a baseline.
        scores: means over the pictures that were measured; None if there are none.
        images: number of pictures that were measured.
        failed: number of pictures that were not.
        seconds: time of enlarging all pictures that were measured.
        megapixels: size of SR of all pictures that were measured.
        kmacs: thousand multiply-adds for each pixel of SR; 0 for a baseline.
        peak_memory: the most bytes that were held for one picture; 0 if unknown.

    """

    dataset: str
    scale: float
    conditions: Conditions
    parameters: int
    scores: Scores | None
    images: int
    failed: int
    seconds: float
    megapixels: float
    kmacs: float
    peak_memory: int

    @property
    def model(self) -> str:
        """Id of the model."""
        return self.conditions.model

    @property
    def speed(self) -> float:
        """Megapixels of SR a second; 0 if nothing was measured."""
        return self.megapixels / self.seconds if self.seconds else 0.0


def summarize(records: Iterable[Record]) -> tuple[Row, ...]:
    """Return a row for each data set, scale and model, in the order of their first records."""
    groups: dict[tuple[str, float, Conditions], list[Record]] = {}
    for record in records:
        key = (record.task.dataset, record.task.scale, record.task.conditions)
        groups.setdefault(key, []).append(record)
    return tuple(_row(group) for group in groups.values())


def _row(records: Sequence[Record]) -> Row:
    task = records[0].task
    scores = [record.scores for record in records if record.scores]
    return Row(
        dataset=task.dataset,
        scale=task.scale,
        conditions=task.conditions,
        parameters=records[0].parameters,
        scores=_mean(scores) if scores else None,
        images=len(scores),
        failed=len(records) - len(scores),
        seconds=sum(record.seconds for record in records),
        megapixels=sum(record.megapixels for record in records),
        kmacs=max(record.kmacs for record in records),
        peak_memory=max(record.peak_memory for record in records),
    )


def _mean(scores: Sequence[Scores]) -> Scores:
    return Scores(
        psnr_y=fmean(score.psnr_y for score in scores),
        ssim_y=fmean(score.ssim_y for score in scores),
        psnr_rgb=fmean(score.psnr_rgb for score in scores),
    )
