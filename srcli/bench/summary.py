"""Means over the pictures of a data set."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
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
        way: what tells this row from others of the same model, such as ``ensemble``; mostly empty.

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
    way: str = ""

    @property
    def model(self) -> str:
        """Id of the model, and the way it was run where there are several."""
        return _label(self.conditions.model, self.way)

    @property
    def speed(self) -> float:
        """Megapixels of SR a second; 0 if nothing was measured."""
        return self.megapixels / self.seconds if self.seconds else 0.0


def summarize(records: Iterable[Record]) -> tuple[Row, ...]:
    """Return a row for each data set, scale and model, in the order of their first records."""
    records = tuple(records)
    groups: dict[tuple[str, float, Conditions], list[Record]] = {}
    for record in records:
        key = (record.task.dataset, record.task.scale, record.task.conditions)
        groups.setdefault(key, []).append(record)
    ways = _ways(records)
    return tuple(replace(_row(group), way=ways[key[2]]) for key, group in groups.items())


def labels_of(records: Sequence[Record]) -> tuple[str, ...]:
    """Return what the row of each record is called: the model, and the way where there are more."""
    ways = _ways(records)
    each = (record.task.conditions for record in records)
    return tuple(_label(one.model, ways[one]) for one in each)


def _label(model: str, way: str) -> str:
    return f"{model}, {way}" if way else model


def _ways(records: Sequence[Record]) -> dict[Conditions, str]:
    """Return the words that tell conditions of one model at one scale apart."""
    together: dict[tuple[str, float, str], dict[Conditions, None]] = {}
    for record in records:
        task = record.task
        place = (task.dataset, task.scale, task.conditions.model)
        together.setdefault(place, {})[task.conditions] = None
    ways: dict[Conditions, str] = {}
    for group in together.values():
        shared = set.intersection(*(set(one.unusual) for one in group))
        for one in group:
            way = " ".join(word for word in one.unusual if word not in shared)
            ways[one] = max(ways.get(one, ""), way, key=len)
    return ways


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
        ms_ssim=_mean_of_all(score.ms_ssim for score in scores),
        gmsd=_mean_of_all(score.gmsd for score in scores),
        fsim=_mean_of_all(score.fsim for score in scores),
        vif=_mean_of_all(score.vif for score in scores),
        psnr_b=_mean_of_all(score.psnr_b for score in scores),
    )


def _mean_of_all(values: Iterable[float | None]) -> float | None:
    """Return the mean; None if a value is missing, for the mean over the others would mislead."""
    known = list(values)
    return None if None in known else fmean(one for one in known if one is not None)
