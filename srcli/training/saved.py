"""Read and check the file of a stopped run, before the run takes over any of it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, NoReturn
from zipfile import BadZipFile, ZipFile

import torch
from torch import Tensor

from srcli.errors import listed
from srcli.files.digest import check_archive, is_file
from srcli.training.config import OptimizerName, TrainConfig
from srcli.weights.formats.checkpoint import mismatches
from srcli.weights.formats.size_guard import is_filled
from srcli.weights.formats.torch_checkpoint import read_pickle

State = Mapping[str, Tensor]

LARGER = 16
"""Largest size of a file over that of the weights.

The file also has the average of the weights and the values of the optimiser."""
FREE_BYTES = 1 << 24
"""Bytes that a file may have in addition."""
MOST_STEPS = 10**12

KEPT: Mapping[OptimizerName, tuple[set[str], set[str]]] = {
    "adam": ({"step", "exp_avg", "exp_avg_sq"}, {"step", "exp_avg", "exp_avg_sq"}),
    "muon": (set(), {"step", "momentum", "mean", "square"}),
}
"""Names of values that an optimiser must keep, and may keep, for a parameter that it moved."""
SQUARES = {"exp_avg_sq", "square"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """The checked content of a file.

    Attributes:
        config: configuration of the run.
        pictures: identity of its pictures; None in files of older versions.
        step: number of finished steps.
        validated: step of the last validation.
        best: best validation so far, in dB.
        network: weights of the network.
        average: weights of its average.
        optimizer: values that the optimiser keeps, by the number of the parameter.
        scaler: scale of the loss, and steps since it last changed; None without scaling.

    """

    config: TrainConfig
    pictures: str | None
    step: int
    validated: int
    best: float
    network: State
    average: State
    optimizer: Mapping[int, Mapping[str, Any]]
    scaler: tuple[float, int] | None


def read_saved(path: Path, weights: State, parameters: list[list[Tensor]]) -> Saved:
    """Read a file that ``TrainState.save`` wrote. No code in the file is run.

    Args:
        path: path of the file.
        weights: weights of the network that will be trained.
        parameters: parameters of the optimiser, by group.

    Raises:
        ValueError, TypeError, LookupError, OSError, BadZipFile, CorruptWeights: the file has
            another content. The message says which.

    """
    content = _read(path, weights)
    config = _config(content["config"])
    step = _whole(content, "step", MOST_STEPS)
    validated = content if "validated" in content else {"validated": step}
    return Saved(
        config=config,
        pictures=_text(content, "pictures"),
        step=step,
        validated=_whole(validated, "validated", step),
        best=_number(content, "best"),
        network=_weights(content, "network", weights),
        average=_weights(content, "average", weights),
        optimizer=_optimizer(content["optimizer"], config.optimizer, parameters),
        scaler=_scaler(content.get("scaler")),
    )


def _read(path: Path, weights: State) -> dict[str, Any]:
    """Read the file after checking its kind, its size and its checksums, which PyTorch ignores."""
    if not is_file(path):
        _refuse("it is no file")
    size = sum(tensor.numel() * tensor.element_size() for tensor in weights.values())
    if path.stat().st_size > LARGER * size + FREE_BYTES:
        _refuse(f"it has {path.stat().st_size:,} bytes, far more than such a network takes")
    check_archive(path)
    with ZipFile(path) as archive:
        damaged = archive.testzip()
    if damaged:
        msg = f"a checksum of {damaged} does not match"
        raise BadZipFile(msg)
    content = read_pickle(path)
    if not isinstance(content, dict):
        _refuse(f"it holds {_kind(content)} instead of named entries")
    return content


def _config(found: object) -> TrainConfig:
    if not isinstance(found, dict):
        _refuse(f"its config is {_kind(found)}")
    known = {field.name for field in fields(TrainConfig)}
    odd = [f"{name}" for name in found if name not in known]
    odd += [f"{name}" for name, value in found.items() if not _is_plain(value)]
    if odd:
        _refuse(f"its config has settings that no run has: {listed(odd)}")
    return TrainConfig(**found)


def _is_plain(value: object) -> bool:
    return value is None or type(value) in {bool, int, float, str}


def _text(content: Mapping[str, Any], name: str) -> str | None:
    value = content.get(name)
    if value is not None and not isinstance(value, str):
        _refuse(f"its {name} is {_kind(value)}")
    return value


def _whole(content: Mapping[str, Any], name: str, most: int) -> int:
    value = content[name]
    if type(value) is not int or not 0 <= value <= most:
        _refuse(f"its {name} is {_told(value)}, not a whole number of 0 to {most}")
    return value


def _number(content: Mapping[str, Any], name: str) -> float:
    value = content[name]
    if type(value) not in {int, float} or not value >= 0:
        _refuse(f"its {name} is {_told(value)}, not a number of 0 or more")
    return float(value)


def _weights(content: Mapping[str, Any], name: str, wanted: State) -> State:
    """Refuse weights that do not fit the network, or are not finite."""
    found = content[name]
    if not isinstance(found, dict) or not all(isinstance(key, str) for key in found):
        _refuse(f"its {name} is {_kind(found)} instead of named tensors")
    for key, tensor in found.items():
        _check_tensor(f"{key} of its {name}", tensor)
    problems = mismatches(wanted, found)
    if problems:
        _refuse(f"its {name} does not fit: {listed(problems, between='; ')}")
    return found


def _check_tensor(what: str, tensor: object) -> None:
    if not isinstance(tensor, Tensor):
        _refuse(f"{what} is {_kind(tensor)} instead of a tensor")
    if not is_filled(tensor):
        _refuse(f"{what} claims more numbers than it has")
    if not bool(torch.isfinite(tensor).all()):
        _refuse(f"{what} has values that are not finite numbers")


def _optimizer(
    found: object, name: OptimizerName, parameters: list[list[Tensor]]
) -> Mapping[int, Mapping[str, Any]]:
    """Refuse values with which the optimiser cannot continue. Its settings are those of the run."""
    if not isinstance(found, dict) or not isinstance(found["state"], dict):
        _refuse(f"its optimizer is {_kind(found)} without entries for parameters")
    if [len(group["params"]) for group in found["param_groups"]] != [*map(len, parameters)]:
        _refuse("its optimizer is one of another network")
    every = [parameter for group in parameters for parameter in group]
    state: dict[int, Mapping[str, Any]] = found["state"]
    for number, kept in state.items():
        if type(number) is not int or not 0 <= number < len(every) or not isinstance(kept, dict):
            _refuse(f"its optimizer has an entry {_told(number)}, which is no parameter")
        _check_kept(number, kept, every[number], *KEPT[name])
    return state


def _check_kept(
    number: int, kept: dict[str, Any], parameter: Tensor, least: set[str], most: set[str]
) -> None:
    if not least <= kept.keys() <= most:
        _refuse(f"its optimizer keeps {listed(map(str, kept)) or 'nothing'} of parameter {number}")
    for name, value in kept.items():
        what = f"{name} of parameter {number} of its optimizer"
        if name == "step":
            _check_step(what, value)
            continue
        _check_tensor(what, value)
        if value.shape != parameter.shape or not value.is_floating_point():
            _refuse(f"{what} is {tuple(value.shape)} of {value.dtype}")
        if name in SQUARES and value.numel() and bool((value < 0).any()):
            _refuse(f"{what} has squares below 0")


def _check_step(what: str, value: object) -> None:
    """Refuse a value that is not a count, as a number or as a tensor without axes."""
    number = value.item() if isinstance(value, Tensor) and value.ndim == 0 else value
    is_number = type(number) in {int, float} and math.isfinite(number)  # type: ignore[arg-type] # checked
    if not is_number or not 0 <= number <= MOST_STEPS or number % 1:  # type: ignore[operator] # the same
        _refuse(f"{what} is {_told(value)}, not a count of steps")


def _scaler(found: object) -> tuple[float, int] | None:
    """Return the scale of a float16 run, or None for other precisions."""
    if not found:
        return None
    if not isinstance(found, dict):
        _refuse(f"its scaler is {_kind(found)}")
    scale = _number(found, "scale")
    if not 0 < scale < math.inf:
        _refuse(f"its scaler has the scale {scale}")
    return scale, _whole(found, "_growth_tracker", MOST_STEPS)


def _kind(value: object) -> str:
    return f"of the type {type(value).__name__}"


def _told(value: object) -> str:
    """Write a plain value for a message, or the type of another one."""
    return f"{value!r:.40}" if _is_plain(value) else _kind(value)


def _refuse(reason: str) -> NoReturn:
    raise ValueError(reason)
