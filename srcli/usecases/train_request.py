"""What ``srcli train`` is asked to do."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from srcli.training.config import TrainConfig

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainRequest:
    """A run, where its pictures are, and where it is kept.

    Attributes:
        config: the run.
        data: folder of HR pictures to learn from.
        taught: folder of a teacher's results, as for ``taught_files``.
        val: folder of HR pictures to choose the best weights by.
        out: folder of the run.
        init: weights file whose tensors are taken over wherever name and shape agree.
        resume: go on from the state in ``out``, if there is one.
        max_minutes: stop and save after this time.
        validate_every: steps between validations.
        val_pictures: how many pictures to validate on, evenly chosen; all by default.
        device: as :func:`srcli.engine.device.choose_device` knows it.
        shape: configuration of the network, in place of the preset's. A run with one writes no
            file of settings, which has no word for it.
        loaders: processes that prepare batches ahead; by default one, and more for a GPU.

    """

    config: TrainConfig
    data: Path
    val: Path
    out: Path
    taught: Path | None = None
    init: Path | None = None
    resume: bool = False
    max_minutes: float | None = None
    validate_every: int = 2000
    val_pictures: int | None = None
    device: str = "auto"
    loaders: int | None = None
    shape: DataclassInstance | None = None
