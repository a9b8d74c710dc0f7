"""Sets a model beside what papers publish."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from srcli.bench.published import (
    Choice,
    PublishedNumber,
    published_for,
    published_kmacs,
    published_parameters,
)
from srcli.bench.summary import Row
from srcli.bench.tables import (
    datasets_of,
    quality_cell,
    scale_text,
    scales_of,
    size_cell,
    work_cell,
)
from srcli.metrics.catalog import METRICS
from srcli.report.tables import NOTHING, Cell, Table

DAGGER = "\u2020"


def has_published(rows: Sequence[Row], choice: Choice = "all") -> bool:
    """Tell whether a paper reports PSNR for any of these data sets and scales."""
    return any(
        published_for(row.dataset, row.scale, metric, choice)
        for row in rows
        for metric in ("psnr_y", "psnr_rgb")
    )


def published_table(rows: Sequence[Row], model: str, choice: Choice = "all") -> Table:
    """Set ``model`` beside published methods. Brackets tell by how much it is better."""
    datasets = datasets_of(rows)
    mine = {(row.scale, row.dataset): row for row in rows if row.model == model}
    sources: list[str] = []
    body: list[tuple[Cell, ...]] = []
    for scale in scales_of(rows):
        cells = [quality_cell(mine.get((scale, dataset)), ()) for dataset in datasets]
        own = next((row for row in rows if (row.model, row.scale) == (model, scale)), None)
        label = Cell(text=f"{model}, measured")
        costs = (
            size_cell(own.parameters if own else 0),
            work_cell(own.kmacs if own else 0),
        )
        body.append((Cell(text=scale_text(scale)), label, *cells, *costs))
        body += _Column(scale=scale, mine=mine, choice=choice).rows(datasets, sources)
    return Table(
        caption=f"Published PSNR-Y in dB / SSIM-Y, and how much better {model} is in PSNR-Y",
        header=("Scale", "Method", *datasets, "Parameters, k", "kMAC/px"),
        rows=tuple(body),
        labels=2,
        notes=(
            *(f"[{number}] {source}" for number, source in enumerate(sources, start=1)),
            *_notes(rows, choice),
            "kMAC/px of papers: their multiply-adds for a result of 1280x720, divided by its size.",
            "Papers measure by protocols of their own: see how far their bicubic is from ours.",
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Column:
    """The published methods at one scale, beside the rows of the model that was measured."""

    scale: float
    mine: Mapping[tuple[float, str], Row]
    choice: Choice

    def rows(self, datasets: Sequence[str], sources: list[str]) -> Iterator[tuple[Cell, ...]]:
        """Yield a row for each method and source, adding the source to ``sources``."""
        psnr = [
            self._by_method(dataset, "psnr_y") or self._by_method(dataset, "psnr_rgb")
            for dataset in datasets
        ]
        ssim = [self._by_method(dataset, "ssim_y") for dataset in datasets]
        for key in dict.fromkeys(key for column in psnr for key in column):
            method, source = key
            if source not in sources:
                sources.append(source)
            cells = [
                _cell(psnr[at].get(key), ssim[at].get(key), self.mine.get((self.scale, dataset)))
                for at, dataset in enumerate(datasets)
            ]
            labels = (scale_text(self.scale), f"{method} [{sources.index(source) + 1}]")
            size = size_cell(1000 * published_parameters(method, self.scale))
            work = work_cell(published_kmacs(method, self.scale))
            yield (*(Cell(text=text) for text in labels), *cells, size, work)

    def _by_method(self, dataset: str, metric: str) -> dict[tuple[str, str], PublishedNumber]:
        found = published_for(dataset, self.scale, metric, self.choice)
        return {(number.method, number.source): number for number in found}


def _cell(psnr: PublishedNumber | None, ssim: PublishedNumber | None, row: Row | None) -> Cell:
    if psnr is None:
        return Cell(text=NOTHING)
    text = f"{psnr.value} / {ssim.value}" if ssim else f"{psnr.value}"
    text += " RGB" if psnr.metric == "psnr_rgb" else ""
    if row and row.scores:
        text += f" ({getattr(row.scores, psnr.metric) - float(psnr.value):+z.2f})"
    odd = psnr.note or (ssim and ssim.note)
    return Cell(text=f"{text} {DAGGER}" if odd else text)


def _notes(rows: Sequence[Row], choice: Choice) -> Iterator[str]:
    for dataset, scale, metric in product(datasets_of(rows), scales_of(rows), METRICS):
        for number in published_for(dataset, scale, metric, choice):
            if number.note:
                place = f"{number.method}, {dataset} x{scale_text(scale)}, {METRICS[metric].title}"
                yield f"{DAGGER} {place}: {number.note}"
