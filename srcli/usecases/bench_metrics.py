"""Find the metrics that a bench measures beside the usual ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from srcli.errors import UnknownName, UsageError, listed
from srcli.metrics.catalog import EXTRA_METRICS, Metric
from srcli.usecases.bench_request import BenchRequest
from srcli.weights.formats.lpips_files import LPIPS_FILES, load_lpips


def extra_metrics_of(request: BenchRequest) -> tuple[Metric, ...]:
    """Return what the request names, LPIPS with its weights.

    Raises:
        UnknownName: there is no such metric.
        UsageError: LPIPS is asked for without its weights.
        WeightsError: its weights are not there, or other ones.

    """
    return tuple(_found(name, request.lpips_weights) for name in request.metrics)


def _found(name: str, weights: Path | None) -> Metric:
    if name not in EXTRA_METRICS:
        msg = f"There is no metric {name} to measure as well."
        raise UnknownName(msg, hint=f"Choose from {_shown(EXTRA_METRICS)}.")
    metric = EXTRA_METRICS[name]
    if metric.measure is not None:
        return metric
    files = LPIPS_FILES[name]
    if weights is None:
        msg = f"{metric.title} takes weights, which do not come with srcli."
        hint = f"Put {listed(one.name for one in files.all)} into a folder, and name it with"
        raise UsageError(msg, hint=f"{hint} --lpips-weights.")
    return replace(metric, measure=load_lpips(weights, files))


def _shown(metrics: Mapping[str, Metric]) -> str:
    return listed(name.replace("_", "-") for name in metrics)
