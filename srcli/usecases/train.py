"""Train a network from a folder of pictures."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import torch
from filelock import FileLock, Timeout
from torch import Tensor

from srcli.engine.memory import memory_errors
from srcli.errors import AlreadyExists, DataError, ImageError, UsageError
from srcli.files.atomic import disk_errors, write_file
from srcli.images.decode import read_uint8
from srcli.networks.asdn import LocalAsdn
from srcli.networks.catalog import NETWORKS
from srcli.networks.spec import SrNetwork
from srcli.training import curves
from srcli.training.config import TrainConfig
from srcli.training.growth import grow
from srcli.training.loop import (
    BEST_FILE,
    LAST_FILE,
    METRICS_FILE,
    STATE_FILE,
    Interval,
    Report,
    Trainer,
)
from srcli.training.patches import Corpus, identify, picture_files, taught_files
from srcli.training.process_group import ProcessGroup, join_process_group
from srcli.training.validate import check_picture
from srcli.training.warm_start import solve_grids, warm_start_source
from srcli.usecases.run_file import run_file_text
from srcli.usecases.train_request import TrainRequest
from srcli.weights.formats.checkpoint import Header, Model, load_model

REPORT_EVERY = 100
SAVE_EVERY = 600.0
"""Seconds: what a kill may cost at most, beside the step it hits."""
RUN_FILE = "run.toml"
LOCK_FILE = ".lock"
TOO_LARGE = "Give a smaller --batch or --patch. --resume goes on from the last save."
MOST_LOADERS = 8
CURVES_FILE = "curves.png"


def train(
    request: TrainRequest,
    listen: Callable[[Report], None],
    interrupted: Callable[[], bool] = lambda: False,
    *,
    tick: Callable[[int, float | None], None] = lambda _step, _loss: None,
) -> Path:
    """Run, and return the path of the best weights, or the last if none were validated.

    The run ends, saved, when its time is up or ``interrupted`` says so. Its folder gets what
    was asked for (``run.toml``), the metrics, and their curves where matplotlib is installed; no
    other run may write there meanwhile.

    Args:
        request: the run.
        listen: told of losses and validations at intervals.
        interrupted: asked before every step.
        tick: told the number of steps after every step, and its loss where that is known
            without waiting for a device.

    Raises:
        UsageError: the folder already holds a run and it is not to be resumed, another process
            is writing to it, the network cannot take the patches, or training diverged.
        DataError: no pictures, one too small to validate on, or the saved state is damaged or
            belongs to another run.
        OutOfMemory: a batch does not fit.
        UnwritableFile, DiskFull: the folder cannot be written to.

    """
    limit = math.inf if request.max_minutes is None else 60 * request.max_minutes
    deadline = time.monotonic() + limit
    group = join_process_group(request.device)
    model, corpus = _prepare(request, group)
    with _claimed(request.out) if group.is_first else nullcontext():
        trainer = Trainer(model, request.config, corpus=corpus, out=request.out, group=group)
        _begin(trainer, request)
        with memory_errors("There is not enough memory for a training step.", hint=TOO_LARGE):
            trainer.run(
                _drawing(listen, request.out),
                interval=Interval(
                    report=REPORT_EVERY, validate=request.validate_every, save=SAVE_EVERY
                ),
                stop=lambda: interrupted() or time.monotonic() > deadline,
                tick=tick,
                loaders=default_loaders(group) if request.loaders is None else request.loaders,
            )
        group.leave()
    best = request.out / BEST_FILE
    return best if best.exists() else request.out / LAST_FILE


def default_loaders(group: ProcessGroup) -> int:
    """Return how many processes make batches: for a GPU all cores but the one that drives it."""
    if group.device.type == "cpu":
        return 1
    return max(1, min(MOST_LOADERS, (os.cpu_count() or 1) // group.count - 1))


def _begin(trainer: Trainer, request: TrainRequest) -> None:
    """Take up the run that the folder holds, or let the files of a new one begin."""
    going_on = _holds_run(request)
    if going_on:
        trainer.resume()
    if trainer.group.is_first:
        if not going_on:
            (request.out / METRICS_FILE).unlink(missing_ok=True)
        if request.shape is None:
            text = run_file_text(request).encode(errors="replace")
            write_file(request.out / RUN_FILE, text, overwrite=True)


@contextmanager
def _claimed(out: Path) -> Iterator[None]:
    """Keep a folder to this process; the system takes its lock back if it is killed."""
    with disk_errors(out / LOCK_FILE):
        out.mkdir(parents=True, exist_ok=True)
        lock = FileLock(out / LOCK_FILE)
        try:
            lock.acquire(blocking=False)
        except Timeout as error:
            msg = f"Another training run is writing to {out}."
            raise UsageError(msg, hint="Choose another --out.") from error
    try:
        yield
    finally:
        lock.release()


def _prepare(request: TrainRequest, group: ProcessGroup) -> tuple[Model, Corpus]:
    """Refuse what can be refused before the first step; make the network and read pictures."""
    going_on = _holds_run(request)
    if request.config.batch % group.count:
        msg = f"A batch of {request.config.batch} cannot be shared by {group.count} processes."
        raise UsageError(msg, hint=f"Give a --batch that is a multiple of {group.count}.")
    torch.manual_seed(request.config.seed)
    files, held_out = picture_files(request.data), _held_out_files(request)
    taught = {} if request.taught is None else taught_files(request.taught)
    init = None if going_on else request.init
    model = _fresh_model(request, files, init, group.device)
    _check_patch(request.config, model.network)
    corpus = Corpus(
        files=files,
        taught=taught,
        identity=identify(files, held_out, *taught.values()),
        validation=tuple(_held_out(path, request.config, model.network) for path in held_out),
    )
    return model, corpus


def _holds_run(request: TrainRequest) -> bool:
    """Say whether the folder holds a run to go on with, and refuse to write over one.

    Raises:
        AlreadyExists: there is one that is not to be resumed, or its weights alone.

    """
    if (request.out / STATE_FILE).exists():
        if request.resume:
            return True
        msg = f"{request.out} already holds a training run."
        raise AlreadyExists(msg, hint="Go on with --resume, or choose another --out.")
    for name in (BEST_FILE, LAST_FILE):
        if (request.out / name).exists():
            msg = f"{request.out} holds the weights of a run, but not its {STATE_FILE}."
            raise AlreadyExists(msg, hint=f"Choose another --out. --init may name its {name}.")
    return False


def _check_patch(config: TrainConfig, network: SrNetwork) -> None:
    multiple = network.traits.at(1.0).size_multiple
    if config.scale is None and config.patch % multiple:
        msg = f"{config.network} cannot learn from patches of {config.patch} pixels."
        raise UsageError(msg, hint=f"Give a --patch that is a multiple of {multiple}.")


def _held_out(path: Path, config: TrainConfig, network: SrNetwork) -> Tensor:
    """Read a picture to validate on, and refuse before the first step what is too small.

    Raises:
        DataError: it is.

    """
    picture = read_uint8(path)
    try:
        check_picture((picture.shape[2], picture.shape[3]), network, config.degradation)
    except ImageError as error:
        msg = f"{path} cannot be used for validation. {error.message}"
        raise DataError(msg, hint="Give larger pictures with --val.") from error
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


def _held_out_files(request: TrainRequest) -> tuple[Path, ...]:
    """Return the pictures to validate on, evenly chosen."""
    files = picture_files(request.val)
    count = min(request.val_pictures or len(files), len(files))
    return tuple(files[n * len(files) // count] for n in range(count))


def _fresh_model(
    request: TrainRequest, files: tuple[Path, ...], init: Path | None, device: torch.device
) -> Model:
    spec = NETWORKS[request.config.network]
    config = request.shape or spec.configure(request.config.preset, request.config.scale)
    network = spec.build(config)
    if init is not None:
        source = load_model(init).network
        missing = set() if grow(network, source) else _take_over(network, source)
        if isinstance(network, LocalAsdn) and any(key.startswith("coarser.") for key in missing):
            solve_grids(network, warm_start_source(files), device, seed=request.config.seed)
    return Model(header=Header(network=spec.name, config=config), network=network)


def _take_over(network: SrNetwork, source: SrNetwork) -> set[str]:
    """Copy every tensor that has the same name and shape in both; return the names of the others.

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
        msg = "The file given with --init has nothing in common with the network."
        raise UsageError(msg)
    network.load_state_dict(shared, strict=False)
    return wanted.keys() - shared.keys()
