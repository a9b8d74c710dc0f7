"""Everything that a run needs to go on as if it had never stopped."""

from __future__ import annotations

import io
from dataclasses import asdict, dataclass
from pathlib import Path
from pickle import UnpicklingError
from typing import Any
from zipfile import BadZipFile, ZipFile

import torch
from torch import nn

from srcli.errors import DataError
from srcli.images.atomic import write_file
from srcli.training.config import TrainConfig

SHORTEST_MEMORY = 10
DAMAGES = (
    AttributeError,
    BadZipFile,
    EOFError,
    LookupError,
    OSError,
    RuntimeError,
    TypeError,
    UnpicklingError,
    ValueError,
)
"""What reading a file that is no state, or taking it over, may end in."""


@dataclass(slots=True, kw_only=True)
class TrainState:
    """A run between two steps.

    ``step`` counts finished steps, ``validated`` those of the last validation, and ``best`` is
    the best one so far, in dB. ``pictures`` identifies those of the run. Crops and ratios are
    drawn from the seed and the step's number, so no generator needs saving.
    """

    network: nn.Module
    average: nn.Module
    optimizer: torch.optim.Optimizer
    scaler: torch.amp.GradScaler
    pictures: str = ""
    step: int = 0
    validated: int = 0
    best: float = 0.0

    def is_finite(self) -> bool:
        """Whether the network and its average are made of numbers only."""
        tensors = (*self.network.parameters(), *self.average.parameters())
        return all(bool(torch.isfinite(tensor).all()) for tensor in tensors)

    def save(self, path: Path, config: TrainConfig) -> None:
        """Write the state; a reader finds either the old file or the new one, whole.

        Raises:
            UnwritableImage, DiskFull: the folder takes no more.

        """
        content = io.BytesIO()
        torch.save(
            {
                "config": asdict(config),
                "network": self.network.state_dict(),
                "average": self.average.state_dict(),
                "optimizer": self.optimizer.state_dict(),
                "scaler": self.scaler.state_dict(),
                "pictures": self.pictures,
                "step": self.step,
                "validated": self.validated,
                "best": self.best,
            },
            content,
        )
        write_file(path, content.getvalue(), overwrite=True)

    def load(self, path: Path, config: TrainConfig) -> None:
        """Take over the state in ``path``.

        The length of the run and the fall of its learning rate may change; the rest may not.

        Raises:
            DataError: not a state of this run, or damaged.

        """
        try:
            saved = _read(path)
            found = TrainConfig(**saved["config"])
            differences = _differences(found, config)
            if saved.get("pictures", self.pictures) != self.pictures:
                differences.append("its pictures were others")
            if not differences:
                self._take_over(saved)
        except DAMAGES as error:
            msg = f"{path} is not the state of a training run, or damaged"
            raise DataError(msg, hint=str(error)) from error
        if differences:
            msg = f"{path} belongs to another run"
            raise DataError(msg, hint="; ".join(differences))

    def _take_over(self, saved: dict[str, Any]) -> None:
        self.network.load_state_dict(saved["network"])
        self.average.load_state_dict(saved["average"])
        self.optimizer.load_state_dict(saved["optimizer"])
        self.scaler.load_state_dict(saved.get("scaler", {}))
        self.step, self.best = saved["step"], saved["best"]
        self.validated = saved.get("validated", self.step)


def _read(path: Path) -> dict[str, Any]:
    """Read a file that ``save`` wrote; PyTorch does not look at its checksums."""
    with ZipFile(path) as archive:
        damaged = archive.testzip()
        if damaged:
            msg = f"a checksum of {damaged} does not match"
            raise BadZipFile(msg)
    saved: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    return saved


def update_average(average: nn.Module, network: nn.Module, decay: float, step: int) -> None:
    """Move the average towards the network.

    Its memory is the decay's, but never longer than about a tenth of the steps so far: an
    average that still remembers the first steps of a short run is worse than no average.
    """
    weight = max(1 - decay, SHORTEST_MEMORY / (step + SHORTEST_MEMORY))
    with torch.no_grad():
        torch._foreach_lerp_(list(average.parameters()), list(network.parameters()), weight)
        for kept, new in zip(average.buffers(), network.buffers(), strict=True):
            kept.copy_(new)


def _identity(config: TrainConfig) -> dict[str, object]:
    free = ("steps", "hold", "schedule", "halve_every")
    return {key: value for key, value in asdict(config).items() if key not in free}


def _differences(found: TrainConfig, wanted: TrainConfig) -> list[str]:
    before, after = _identity(found), _identity(wanted)
    changed = [key for key in after if before[key] != after[key]]
    return [f"{key} was {before[key]}, not {after[key]}" for key in changed]
