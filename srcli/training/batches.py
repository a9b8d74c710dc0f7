"""Where the batches of a run come from, and what learns from them: the device decides."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from srcli.networks.spec import NetworkTraits
from srcli.training.captured import Graphs, RecordedStep, Repeater
from srcli.training.config import TrainConfig
from srcli.training.degrade import BY_PRODUCTS, BY_TAPS
from srcli.training.patches import CropSource
from srcli.training.planned import DevicePictures, Planner
from srcli.training.process_group import ProcessGroup
from srcli.training.samples import Sampler, is_plain
from srcli.training.state import TrainState
from srcli.training.step import Outcome, Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Batches:
    """Batches, and what learns from them.

    Attributes:
        make: makes the batch of a step, counted from 0.
        learn: makes a step of a batch and a learning rate.
        are_plans: a batch is made in no time, so that no process need make it ahead.

    """

    make: Callable[[int], Any]
    learn: Callable[[Any, float], Outcome]
    are_plans: bool


def choose_batches(
    source: CropSource,
    traits: NetworkTraits,
    state: TrainState,
    config: TrainConfig,
    group: ProcessGroup,
) -> Batches:
    """Return batches that the device makes itself, where it can, and of the host elsewhere."""
    repeater = choose_repeater(config, group)
    if repeater is not None and source.bytes <= repeater.room():
        return planned_batches(source, traits, Step(state, config, group, BY_PRODUCTS), repeater)
    is_gpu = group.device.type == "cuda"
    return Batches(
        make=Sampler(source, config, traits, group.share(config.batch), later=is_gpu),
        learn=Step(state, config, group, BY_PRODUCTS if is_gpu else BY_TAPS),
        are_plans=False,
    )


def planned_batches(
    source: CropSource, traits: NetworkTraits, step: Step, repeater: Repeater
) -> Batches:
    """Return batches that the host plans, of pictures that the device holds."""
    pictures = DevicePictures(source, repeater.device)
    return Batches(
        make=Planner(pictures, step.config, traits),
        learn=RecordedStep(step, repeater),
        are_plans=True,
    )


def choose_repeater(config: TrainConfig, group: ProcessGroup) -> Repeater | None:
    """Return what repeats the steps of a run; None for runs whose batches the host makes.

    A GPU records the steps of one process that uses Muon, learns from bicubic reductions, and
    need not look at gradients before it makes a step, as it must in float16.
    """
    is_simple = is_plain(config) and config.optimizer == "muon"
    if group.device.type == "cuda" and group.count == 1 and is_simple:
        return None if config.precision == "float16" else Graphs(group.device)
    return None
