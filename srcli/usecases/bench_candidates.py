"""The models and baselines of a bench, each at each scale and in each way."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from srcli.bench.baselines import Upscale
from srcli.bench.runner import Candidate
from srcli.engine.device import PRECISIONS, choose_compute
from srcli.engine.network_runner import NetworkRunner, UpscaleOptions
from srcli.engine.recursion import scaled_size
from srcli.errors import UnknownName
from srcli.pipeline.loaded_models import LoadedModels, ModelLoader
from srcli.usecases.bench_request import BenchRequest

UNIT = 1000
"""Side of a picture whose plan stands for those of all sizes."""
TILE = re.compile(r"tile-(?P<side>[1-9]\d{1,4})")
SMALLEST_TILE = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class _Way:
    """One way to run each model."""

    options: UpscaleOptions
    precision: str
    named: bool = False


def candidates_of(request: BenchRequest, baselines: Mapping[str, Upscale]) -> list[Candidate]:
    """Return the baselines, and each model at each scale and in each way.

    Raises:
        UnknownName: there is no such way.
        UsageError, WeightsError: a model, device or precision cannot be used.

    """
    ways = tuple(_ways(request))
    found = []
    for model in request.models:
        if model in baselines:
            found.append(Candidate(model=model, upscale=baselines[model]))
            continue
        for way in ways:
            found += _candidates(request, model, way)
    return found


def _ways(request: BenchRequest) -> Iterator[_Way]:
    plain = UpscaleOptions(
        tile=request.tile,
        ensemble=request.ensemble,
        official_tiles=request.official_tiles,
        pad_border=request.pad_border,
    )
    yield _Way(options=plain, precision=request.precision)
    for name in request.ways:
        tile = TILE.fullmatch(name)
        if name in PRECISIONS:
            yield _Way(options=plain, precision=name, named=True)
        elif name == "ensemble":
            options = replace(plain, ensemble=True)
            yield _Way(options=options, precision=request.precision, named=True)
        elif name == "official-tiles":
            options = replace(plain, official_tiles=True)
            yield _Way(options=options, precision=request.precision, named=True)
        elif tile and int(tile["side"]) >= SMALLEST_TILE:
            options = replace(plain, tile=int(tile["side"]))
            yield _Way(options=options, precision=request.precision, named=True)
        else:
            msg = f"There is no way to run a model that is called {name}."
            raise UnknownName(msg, hint="Write ensemble, official-tiles, tile-64 or bfloat16.")


def _candidates(request: BenchRequest, model: str, way: _Way) -> Iterator[Candidate]:
    compute = choose_compute(request.device, way.precision)
    loader = ModelLoader(compute, way.options, offline=request.offline)
    plain = replace(way.options, pad_border=False)
    bare = ModelLoader(compute, plain, offline=request.offline)
    for scale in request.scales:
        one = _candidate(model, scale, loader.load(model, scale), way)
        if request.pad_border:  # the padding is a large part of a small picture
            one = replace(one, macs_probe=_upscale(bare.load(model, scale).runner))
        yield one


def _upscale(runner: NetworkRunner) -> Upscale:
    return lambda lr, size, ratio: runner(lr, size, ratio=ratio)


def _candidate(model: str, scale: float, models: LoadedModels, way: _Way) -> Candidate:
    runner = models.runner
    return Candidate(
        model=model,
        upscale=_upscale(runner),
        sha256="+".join(models.sha256),
        device=runner.compute.device.type,
        dtype=str(runner.compute.dtype).removeprefix("torch."),
        options=" ".join(_options(scale, runner, way)),
        parameters=models.parameters,
        scales=(scale,),
        local=runner.is_local,
    )


def _options(scale: float, runner: NetworkRunner, way: _Way) -> Iterator[str]:
    """Yield what changes pixels beside the weights and the scale, and a tile that is a way."""
    tile = way.options.tile
    if runner.ensemble:
        yield "ensemble"
    if runner.official_tiles:
        yield "official-tiles"
    elif tile is not None and (way.named or not runner.is_local):
        yield f"tile-{tile}"
    if runner.pads_border:
        yield "frame"
    own = runner.network.traits.scale
    if own is not None and own != scale:
        yield "passes"
        passes = runner.plan_passes((UNIT, UNIT), scaled_size((UNIT, UNIT), (scale, scale)), scale)
        yield from (f"x{step.ratio:g}" if step.has_network else step.plain_name for step in passes)
