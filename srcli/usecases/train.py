"""Train a network from a folder of pictures."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import torch

from srcli.errors import UsageError
from srcli.networks.catalog import NETWORKS
from srcli.networks.spec import SrNetwork
from srcli.training.config import (
    RESTORED,
    Degradation,
    OptimizerName,
    Precision,
    Schedule,
    TrainConfig,
)
from srcli.training.loop import BEST_FILE, LAST_FILE, STATE_FILE, Interval, Report, Trainer
from srcli.training.patches import Corpus, picture_files, read_uint8
from srcli.training.team import join_team
from srcli.weights.checkpoint import Header, Model, load_model

REPORT_EVERY = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainRequest:
    """A run, where its pictures are, and where it is kept.

    ``init`` names a weights file whose tensors are taken over wherever name and shape agree.
    """

    config: TrainConfig
    data: Path
    val: Path
    out: Path
    init: Path | None = None
    resume: bool = False
    max_minutes: float | None = None
    validate_every: int = 2000
    val_pictures: int | None = None
    device: str = "auto"
    loaders: int = 0


def make_config(**settings: Any) -> TrainConfig:  # noqa: ANN401 - the fields of TrainConfig
    """Return a configuration after checking what only the catalogue knows.

    Raises:
        UsageError: unknown network, preset, scale, optimiser or precision, or a degradation
            that the network cannot be trained for.

    """
    config = TrainConfig(**settings)
    if config.network not in NETWORKS:
        msg = f"there is no network called {config.network!r}"
        raise UsageError(msg, hint=f"known networks: {', '.join(NETWORKS)}")
    for value, kind in (
        (config.optimizer, OptimizerName),
        (config.precision, Precision),
        (config.degradation, Degradation),
        (config.schedule, Schedule),
    ):
        if value not in get_args(kind):
            msg = f"{value!r} is neither {' nor '.join(get_args(kind))}"
            raise UsageError(msg)
    try:
        NETWORKS[config.network].configure(config.preset, config.scale)
    except ValueError as error:
        raise UsageError(str(error)) from error
    _check_task(config)
    return config


def _check_task(config: TrainConfig) -> None:
    """Refuse to teach a network of size 1 to enlarge, or one that enlarges to restore."""
    restores = NETWORKS[config.network].scales == (1,)
    if restores != (config.degradation in RESTORED):
        task = "restores pictures" if restores else "makes pictures larger"
        possible = [d for d in get_args(Degradation) if (d in RESTORED) == restores]
        msg = f"{config.network} {task}: it cannot be trained on {config.degradation!r}"
        raise UsageError(msg, hint=f"--degradation may be {' or '.join(possible)}")
    if config.scale is not None and config.patch % config.scale:
        msg = f"a patch of {config.patch} pixels cannot be reduced by {config.scale} exactly"
        raise UsageError(msg, hint=f"give a --patch that is a multiple of {config.scale}")


def train(
    request: TrainRequest,
    listen: Callable[[Report], None],
    interrupted: Callable[[], bool] = lambda: False,
) -> Path:
    """Run, and return the path of the best weights, or the last if none were validated.

    The run ends, saved, when its time is up or ``interrupted`` says so.

    Raises:
        UsageError: the folder already holds a run and it is not to be resumed.
        DataError: no pictures, or the saved state belongs to another run.

    """
    state = request.out / STATE_FILE
    if state.exists() and not request.resume:
        msg = f"{request.out} already holds a training run"
        raise UsageError(msg, hint="go on with --resume, or choose another --out")
    team = join_team(request.device)
    if request.config.batch % team.count:
        msg = f"a batch of {request.config.batch} cannot be shared by {team.count} processes"
        raise UsageError(msg, hint=f"give a --batch that is a multiple of {team.count}")
    torch.manual_seed(request.config.seed)
    held_out = picture_files(request.val)[:: _stride(request)]
    corpus = Corpus(
        files=picture_files(request.data),
        validation=tuple(read_uint8(path) for path in held_out),
    )
    trainer = Trainer(
        _fresh_model(request), request.config, corpus=corpus, out=request.out, team=team
    )
    if request.resume:
        trainer.resume()
    interval = Interval(report=REPORT_EVERY, validate=request.validate_every)
    deadline = time.monotonic() + 60 * (request.max_minutes or math.inf)
    trainer.run(
        listen,
        interval=interval,
        stop=lambda: interrupted() or time.monotonic() > deadline,
        loaders=request.loaders,
    )
    team.leave()
    best = request.out / BEST_FILE
    return best if best.exists() else request.out / LAST_FILE


def _stride(request: TrainRequest) -> int:
    wanted = request.val_pictures
    return 1 if wanted is None else max(1, len(picture_files(request.val)) // wanted)


def _fresh_model(request: TrainRequest) -> Model:
    spec = NETWORKS[request.config.network]
    config = spec.configure(request.config.preset, request.config.scale)
    network = spec.build(config)
    if request.init is not None:
        _take_over(network, load_model(request.init).network)
    return Model(header=Header(network=spec.name, config=config), network=network)


def _take_over(network: SrNetwork, source: SrNetwork) -> None:
    """Copy every tensor that has the same name and shape in both.

    Raises:
        UsageError: there is none.

    """
    wanted = network.state_dict()
    shared = {
        key: value
        for key, value in source.state_dict().items()
        if key in wanted and wanted[key].shape == value.shape
    }
    if not shared:
        msg = "the file given with --init has nothing in common with the network"
        raise UsageError(msg)
    network.load_state_dict(shared, strict=False)
