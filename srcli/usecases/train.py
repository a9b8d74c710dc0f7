"""Train a network from a folder of pictures."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import torch
from torch import Tensor

from srcli.engine.device import Precision, choose_device, has_bfloat16
from srcli.errors import DataError, ImageError, UsageError
from srcli.images.atomic import write_file
from srcli.images.decode import read_uint8
from srcli.networks.catalog import NETWORKS
from srcli.networks.spec import SrNetwork
from srcli.training import curves
from srcli.training.config import (
    RESTORED,
    Degradation,
    OptimizerName,
    Schedule,
    TrainConfig,
)
from srcli.training.loop import (
    BEST_FILE,
    LAST_FILE,
    METRICS_FILE,
    STATE_FILE,
    Interval,
    Report,
    Trainer,
)
from srcli.training.losses import LossName
from srcli.training.patches import Corpus, picture_files
from srcli.training.team import Team, join_team
from srcli.training.validate import check_picture
from srcli.usecases.run_file import run_file_text
from srcli.usecases.train_request import TrainRequest
from srcli.weights.checkpoint import Header, Model, load_model

AUTO = "auto"
REPORT_EVERY = 100
RUN_FILE = "run.toml"
CURVES_FILE = "curves.png"


def make_config(
    *,
    device: str = "auto",
    precision: str = AUTO,
    **settings: Any,  # noqa: ANN401 - the fields of TrainConfig
) -> TrainConfig:
    """Return a configuration after checking what only the catalogue knows.

    Args:
        device: that will train.
        precision: of the convolutions; ``auto`` is bfloat16 on a device that computes in it
            itself, and float32 elsewhere.
        settings: the rest of the configuration.

    Raises:
        UsageError: unknown network, preset, scale, optimiser, loss, device or precision, or a
            degradation that the network cannot be trained for.

    """
    if precision == AUTO:
        precision = "bfloat16" if has_bfloat16(choose_device(device)) else "float32"
    config = TrainConfig(**settings, precision=precision)  # type: ignore[arg-type] # checked below
    if config.network not in NETWORKS:
        msg = f"there is no network called {config.network!r}"
        raise UsageError(msg, hint=f"known networks: {', '.join(NETWORKS)}")
    for value, kind in (
        (config.optimizer, OptimizerName),
        (config.precision, Precision),
        (config.loss, LossName),
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
    if config.scale is not None and config.recursive > 0:
        msg = f"{config.network} runs in one pass: there is no later one to train"
        raise UsageError(msg, hint="leave out --recursive")
    if config.scale is not None and config.patch % config.scale:
        msg = f"a patch of {config.patch} pixels cannot be reduced by {config.scale} exactly"
        raise UsageError(msg, hint=f"give a --patch that is a multiple of {config.scale}")


def train(
    request: TrainRequest,
    listen: Callable[[Report], None],
    interrupted: Callable[[], bool] = lambda: False,
    *,
    tick: Callable[[int, float], None] = lambda _step, _loss: None,
) -> Path:
    """Run, and return the path of the best weights, or the last if none were validated.

    The run ends, saved, when its time is up or ``interrupted`` says so. Its folder gets what
    was asked for (``run.toml``), the metrics, and their curves where matplotlib is installed.

    Args:
        request: the run.
        listen: told of losses and validations at intervals.
        interrupted: asked before every step.
        tick: told the number of finished steps and the loss after every step.

    Raises:
        UsageError: the folder already holds a run and it is not to be resumed, or the network
            cannot take the patches.
        DataError: no pictures, one too small to validate on, or the saved state belongs to
            another run.
        UnwritableImage, DiskFull: the folder cannot be written to.

    """
    team = join_team(request.device)
    trainer = _prepare(request, team)
    if team.is_first:
        text = run_file_text(request).encode(errors="replace")
        write_file(request.out / RUN_FILE, text, overwrite=True)
    deadline = time.monotonic() + 60 * (request.max_minutes or math.inf)
    trainer.run(
        _drawing(listen, request.out),
        interval=Interval(report=REPORT_EVERY, validate=request.validate_every),
        stop=lambda: interrupted() or time.monotonic() > deadline,
        tick=tick,
        loaders=request.loaders,
    )
    team.leave()
    best = request.out / BEST_FILE
    return best if best.exists() else request.out / LAST_FILE


def _prepare(request: TrainRequest, team: Team) -> Trainer:
    """Read pictures and make the network, fresh or as it was left."""
    state = request.out / STATE_FILE
    if state.exists() and not request.resume:
        msg = f"{request.out} already holds a training run"
        raise UsageError(msg, hint="go on with --resume, or choose another --out")
    if request.config.batch % team.count:
        msg = f"a batch of {request.config.batch} cannot be shared by {team.count} processes"
        raise UsageError(msg, hint=f"give a --batch that is a multiple of {team.count}")
    torch.manual_seed(request.config.seed)
    model = _fresh_model(request)
    _check_patch(request.config, model.network)
    held_out = picture_files(request.val)[:: _stride(request)]
    corpus = Corpus(
        files=picture_files(request.data),
        validation=tuple(_held_out(path, request.config, model.network) for path in held_out),
    )
    trainer = Trainer(model, request.config, corpus=corpus, out=request.out, team=team)
    if request.resume:
        trainer.resume()
    return trainer


def _check_patch(config: TrainConfig, network: SrNetwork) -> None:
    multiple = network.traits.size_multiple
    if config.scale is None and config.patch % multiple:
        msg = f"{config.network} cannot learn from patches of {config.patch} pixels"
        raise UsageError(msg, hint=f"give a --patch that is a multiple of {multiple}")


def _held_out(path: Path, config: TrainConfig, network: SrNetwork) -> Tensor:
    """Read a picture to validate on, and refuse before the first step what is too small.

    Raises:
        DataError: it is.

    """
    picture = read_uint8(path)
    try:
        check_picture((picture.shape[2], picture.shape[3]), network, config.degradation)
    except ImageError as error:
        msg = f"{path} cannot be validated on: {error.message}"
        raise DataError(msg, hint="give larger pictures with --val") from error
    return picture


def _drawing(listen: Callable[[Report], None], out: Path) -> Callable[[Report], None]:
    """Draw the curves after every validation, where they can be drawn."""
    if not curves.can_draw():
        return listen

    def heard(report: Report) -> None:
        if report.validation is not None:
            curves.draw(out / METRICS_FILE, out / CURVES_FILE)
        listen(report)

    return heard


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
