"""Measure a weights file as its entry in the catalogue needs it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import tomli_w
import torch
from torch import Tensor

from srcli.bench.cost import count_macs
from srcli.bench.records import Record
from srcli.errors import CorruptWeights, DataError, UsageError
from srcli.files.digest import sha256_of
from srcli.networks.catalog import NETWORKS
from srcli.networks.spec import AnyRatioNetwork, SrNetwork
from srcli.usecases.bench import bench
from srcli.usecases.bench_request import BenchRequest
from srcli.weights.catalog.card import Score, WeightCard, check_purpose
from srcli.weights.formats.checkpoint import SUFFIX, Header, count_parameters, load_model

DATASETS = ("Set5", "Set14", "Urban100")
SCALES = (2.0, 2.7, 3.0, 4.0)
"""Of a model of any ratio."""
USUAL_RATIO = 2.0
"""Ratio at which the cost of a network of any ratio is counted."""
SIDE = 64
"""Of the picture that the cost is counted with, in pixels of the network's input."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureRequest:
    """A weights file, what is known of it, and what to measure it on.

    Attributes:
        file: of ours, of a preset's network.
        id: that it is to have; ``-x<scale>`` at its end makes it one of a family.
        licence: SPDX name.
        trained_on: data and degradation.
        training: command, steps and hardware that made it.
        notes: what a user should know.
        purpose: what it is for, one of ``PURPOSES``.
        good_for: one sentence: when to choose it.
        datasets: names as ``srcli bench`` takes them.
        scales: to measure at; empty for the network's own, or ``SCALES``.
        data_dir: where data sets are looked for first.
        store: file of records, to go on from.

    """

    file: Path
    id: str
    licence: str = "MIT"
    trained_on: str = ""
    training: str = ""
    notes: str = ""
    purpose: str = "clean"
    good_for: str = ""
    datasets: tuple[str, ...] = DATASETS
    scales: tuple[float, ...] = ()
    data_dir: Path | None = None
    store: Path | None = None


def measure(request: MeasureRequest, on_record: Callable[[Record], None]) -> WeightCard:
    """Count, hash and bench a weights file; what it is named after is checked.

    Raises:
        CorruptWeights: it is not one of ours, or of no preset.
        UnknownName: there is no such purpose.
        UsageError: its id names another scale, or there is nothing to measure.
        DataError: a data set cannot be had, or a picture cannot be measured.

    """
    check_purpose(request.purpose)
    model = load_model(request.file)
    scale = model.network.traits.scale
    preset = _preset(request.file, model.header, scale)
    ending = request.id.rpartition("-x")[2]
    if ending.isdecimal() and ending != str(scale):
        msg = f"{request.id} is named after x{ending}, but {request.file} has another scale."
        raise UsageError(msg)
    return WeightCard(
        id=request.id,
        network=model.header.network,
        preset=preset,
        scale=scale,
        file=f"{request.id}{SUFFIX}",
        size=request.file.stat().st_size,
        sha256=sha256_of(request.file),
        parameters=count_parameters(model.network),
        kmacs=float(f"{kmacs_per_output_pixel(model.network):.4g}"),
        licence=request.licence,
        trained_on=request.trained_on,
        training=request.training,
        notes=request.notes,
        purpose=request.purpose,
        good_for=request.good_for,
        scores=tuple(_scores(request, scale, on_record)),
    )


def kmacs_per_output_pixel(network: SrNetwork) -> float:
    """Count the multiply-adds of one pass over a square of 64 pixels a side, in thousands.

    A network of any ratio makes a pass of 2.
    """
    image = torch.rand(1, 3, SIDE, SIDE)

    def run() -> Tensor:
        if isinstance(network, AnyRatioNetwork):
            return network(image, USUAL_RATIO)
        return network(image)

    with torch.no_grad():
        macs = count_macs(run)
    return macs / (SIDE * network.traits.output_scale) ** 2 / 1000


def to_toml(card: WeightCard) -> str:
    """Write a card as an entry of ``catalog.toml``; what is empty is left out."""
    values = {key: value for key, value in asdict(card).items() if value not in ("", None, 0)}
    values["scores"] = [
        score | {"psnr_y": round(score["psnr_y"], 3), "ssim_y": round(score["ssim_y"], 4)}
        for score in values["scores"]
    ]
    return tomli_w.dumps({"model": [values]}, indent=2)


def _preset(path: Path, header: Header, scale: int | None) -> str:
    spec = NETWORKS.get(header.network)
    for preset in spec.presets if spec else ():
        if spec and spec.configure(preset, scale) == header.config:
            return preset
    msg = f"{path} is of no preset of our networks."
    raise CorruptWeights(msg, hint="Only networks of a preset are entered into the catalogue.")


def _scores(
    request: MeasureRequest, scale: int | None, on_record: Callable[[Record], None]
) -> Iterator[Score]:
    own = SCALES if scale is None else (float(scale),)
    result = bench(
        BenchRequest(
            models=(str(request.file),),
            scales=request.scales or own,
            datasets=request.datasets,
            data_dir=request.data_dir,
            offline=True,
            store=request.store,
            form="json",
        ),
        on_record,
    )
    for failure in result.failures:
        raise DataError(failure.error)
    rows: list[dict[str, Any]] = json.loads(result.text)["rows"]
    for row in rows:
        psnr_y, ssim_y = (float(row["scores"][name]) for name in ("psnr_y", "ssim_y"))
        yield Score(dataset=row["dataset"], scale=row["scale"], psnr_y=psnr_y, ssim_y=ssim_y)
