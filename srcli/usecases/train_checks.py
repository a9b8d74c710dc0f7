"""Make the configuration of a training run, and refuse settings that do not fit together."""

from __future__ import annotations

import math
from dataclasses import fields
from typing import Any, get_args

import torch

from srcli.engine.device import Precision, choose_device, has_bfloat16
from srcli.errors import UnknownName, UsageError, listed, sentence
from srcli.networks.catalog import NETWORKS
from srcli.networks.spec import AnyRatioTraits
from srcli.spelling import did_you_mean
from srcli.training.config import (
    MANY_WAYS,
    RESTORED,
    Degradation,
    OptimizerName,
    Schedule,
    TrainConfig,
)
from srcli.training.losses import LossName

AUTO = "auto"


def make_config(
    *,
    device: str = "auto",
    precision: str = AUTO,
    **settings: Any,  # noqa: ANN401 - the fields of TrainConfig
) -> TrainConfig:
    """Return a configuration whose settings are known and fit together.

    Args:
        device: device that will train.
        precision: precision of the convolutions. ``auto`` is bfloat16 on a device that computes
            in it itself, and float32 elsewhere.
        settings: the other fields of the configuration.

    Raises:
        UnknownName: the network, optimiser, loss, degradation, schedule or precision does not
            exist.
        UsageError: the network has no such preset or scale, there is no such device, a number is
            not finite, or the network cannot be trained in this way.

    """
    if precision == AUTO:
        precision = "bfloat16" if has_bfloat16(choose_device(device)) else "float32"
    config = TrainConfig(**settings, precision=precision)  # type: ignore[arg-type] # checked below
    if config.network not in NETWORKS:
        msg = f"There is no network called {config.network!r}."
        hint = f"Choose one of {listed(NETWORKS)}."
        raise UnknownName(msg, hint=did_you_mean(config.network, NETWORKS, otherwise=hint))
    for value, kind in (
        (config.optimizer, OptimizerName),
        (config.precision, Precision),
        (config.loss, LossName),
        (config.degradation, Degradation),
        (config.schedule, Schedule),
    ):
        if value not in get_args(kind):
            msg = f"{value!r} is neither {listed(get_args(kind), between=' nor ')}."
            raise UnknownName(msg, hint=did_you_mean(value, get_args(kind)))
    try:
        NETWORKS[config.network].configure(config.preset, config.scale)
    except ValueError as error:
        raise UsageError(sentence(str(error))) from error
    _check_numbers(config)
    _check_task(config)
    _check_weights(config)
    return config


def _check_numbers(config: TrainConfig) -> None:
    """Refuse numbers that are not finite."""
    for field in fields(config):
        value = getattr(config, field.name)
        if isinstance(value, float) and not math.isfinite(value):
            msg = f"{field.name.replace('_', ' ')} must be a finite number, not {value}."
            raise UsageError(msg)


def _check_weights(config: TrainConfig) -> None:
    """Refuse weights that are not one for each range of ratios, or that later passes ignore."""
    try:
        weights = config.weights()
    except ValueError as error:
        msg = f"The range weights must be numbers of 0 or more: {error}."
        raise UsageError(msg, hint="Give them as 1,2,2.") from error
    if not weights:
        return
    with torch.device("meta"):
        spec = NETWORKS[config.network]
        traits = spec.build(spec.configure(config.preset, config.scale)).traits
    count = (len(traits.reaches) or 1) if isinstance(traits, AnyRatioTraits) else 0
    if len(weights) != count:
        msg = f"{config.network} distinguishes {count} ranges of ratios, not {len(weights)}."
        raise UsageError(msg, hint="Give one number a range with --range-weights.")
    if config.recursive > 0 and weights[0] == 0:
        msg = "Later passes train the first range of ratios, whose weight is 0."
        raise UsageError(msg, hint="Leave out --recursive, or raise the first of --range-weights.")


def _check_task(config: TrainConfig) -> None:
    """Refuse tasks that the network cannot learn, and settings that the task does not have."""
    restores = NETWORKS[config.network].scales == (1,)
    if restores != (config.degradation in RESTORED):
        task = "restores pictures" if restores else "makes pictures larger"
        possible = [d for d in get_args(Degradation) if (d in RESTORED) == restores]
        msg = f"{config.network} {task}: --degradation {config.degradation} is not for it."
        raise UsageError(msg, hint=f"Give --degradation {listed(possible, between=' or ')}.")
    if config.kept_noise > 0 and config.degradation not in MANY_WAYS:
        msg = f"The degradation {config.degradation!r} does not tell how much noise stays."
        ways = listed(MANY_WAYS, between=" or ")
        raise UsageError(msg, hint=f"Leave out --kept-noise, or give --degradation {ways}.")
    if config.scale is not None and config.recursive > 0:
        msg = f"{config.network} runs in one pass: there is no later one to train."
        raise UsageError(msg, hint="Leave out --recursive.")
    if config.scale is not None and config.patch % config.scale:
        msg = f"A patch of {config.patch} pixels cannot be reduced by {config.scale} exactly."
        raise UsageError(msg, hint=f"Give a --patch that is a multiple of {config.scale}.")
