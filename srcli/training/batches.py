"""Choose how a run makes its batches and learns from them, by its device."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from srcli.networks.spec import NetworkTraits
from srcli.training.batch_sampler import BatchSampler, is_plain
from srcli.training.config import TrainConfig
from srcli.training.crop_batch import BY_MATRICES, BY_TAPS
from srcli.training.device_batches import BatchPlanner, DevicePictures
from srcli.training.patches import CropSource
from srcli.training.process_group import ProcessGroup
from srcli.training.recorded_step import CudaGraphRecorder, RecordedStep, WorkRecorder
from srcli.training.state import TrainState
from srcli.training.step import Outcome, Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Batches:
    """How to make batches, and how to learn from them.

    Attributes:
        make: makes the batch of a step, counted from 0.
        learn: makes a step from a batch and a learning rate.
        are_plans: making a batch takes no time, so no process need make it ahead.

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
    """Return batches that the device makes, where it can, and batches of the host elsewhere."""
    recorder = choose_recorder(config, group)
    if recorder is not None and source.bytes <= recorder.free_bytes():
        return planned_batches(source, traits, Step(state, config, group, BY_MATRICES), recorder)
    is_gpu = group.device.type == "cuda"
    return Batches(
        make=BatchSampler(source, config, traits, group.share(config.batch), later=is_gpu),
        learn=Step(state, config, group, BY_MATRICES if is_gpu else BY_TAPS),
        are_plans=False,
    )


def planned_batches(
    source: CropSource, traits: NetworkTraits, step: Step, recorder: WorkRecorder
) -> Batches:
    """Return batches that the host plans and the device makes."""
    pictures = DevicePictures(source, recorder.device)
    return Batches(
        make=BatchPlanner(pictures, step.config, traits),
        learn=RecordedStep(step, recorder),
        are_plans=True,
    )


def choose_recorder(config: TrainConfig, group: ProcessGroup) -> WorkRecorder | None:
    """Return the recorder for the steps of a run, or None if the host makes its batches.

    A GPU records the steps of a single process that uses Muon, learns from bicubic reductions,
    and does not use float16, which has to look at the gradients before it makes a step.
    """
    is_simple = is_plain(config) and config.optimizer == "muon"
    if group.device.type == "cuda" and group.count == 1 and is_simple:
        return None if config.precision == "float16" else CudaGraphRecorder(group.device)
    return None
