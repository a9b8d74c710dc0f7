"""The state of a run, from which the run continues as if it had never stopped."""

from __future__ import annotations

import io
from dataclasses import asdict, dataclass
from pathlib import Path
from zipfile import BadZipFile

import torch
from torch import nn

from srcli.errors import CorruptWeights, DataError, listed, sentence
from srcli.files.atomic import write_file
from srcli.networks.spec import SrNetwork
from srcli.training.config import TrainConfig
from srcli.training.saved import Saved, read_saved

SHORTEST_MEMORY = 10
DAMAGES = (
    ArithmeticError,
    AttributeError,
    BadZipFile,
    CorruptWeights,
    EOFError,
    LookupError,
    MemoryError,
    NotImplementedError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
)
"""Errors of reading or taking over a file that is not a state."""


@dataclass(slots=True, kw_only=True)
class TrainState:
    """A run between two steps.

    Crops and ratios are drawn from the seed and the number of the step, so no random generator is
    saved.

    Attributes:
        network: network that is trained.
        average: moving average of the network.
        optimizer: optimiser of the network's parameters.
        scaler: scaler of the loss; it is disabled without float16.
        pictures: identity of the pictures of the run.
        step: number of finished steps.
        validated: step of the last validation.
        best: best validation so far, in dB.

    """

    network: SrNetwork
    average: SrNetwork
    optimizer: torch.optim.Optimizer
    scaler: torch.amp.GradScaler
    pictures: str = ""
    step: int = 0
    validated: int = 0
    best: float = 0.0

    def is_finite(self) -> bool:
        """Tell whether all weights of the network and its average are finite."""
        tensors = (*self.network.parameters(), *self.average.parameters())
        return bool(torch.stack([tensor.isfinite().all() for tensor in tensors]).all())

    def save(self, path: Path, config: TrainConfig) -> None:
        """Write the state. A reader finds either the whole old file or the whole new one.

        Raises:
            UnwritableFile, DiskFull: the folder cannot be written to.

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

        The length of the run and the fall of its learning rate may change, but nothing else.

        Raises:
            DataError: the file is damaged, or not a state of this run.

        """
        groups = [list(group["params"]) for group in self.optimizer.param_groups]
        try:
            saved = read_saved(path, self.network.state_dict(), groups)
            differences = _differences(saved.config, config)
            if saved.pictures not in {None, self.pictures}:
                differences.append("its pictures were others")
            if not differences:
                self._take_over(saved)
        except DAMAGES as error:
            msg = f"{path} is damaged, or is not the state of a training run."
            raise DataError(msg, hint=sentence(_reason(error))) from error
        if differences:
            msg = f"{path} belongs to another run."
            raise DataError(msg, hint=f"The differences are: {listed(differences, between='; ')}.")

    def _take_over(self, saved: Saved) -> None:
        self.network.load_state_dict(saved.network)
        self.average.load_state_dict(saved.average)
        settings = self.optimizer.state_dict()["param_groups"]
        self.optimizer.load_state_dict({"state": saved.optimizer, "param_groups": settings})
        if saved.scaler is not None and self.scaler.is_enabled():
            scale, tracker = saved.scaler
            told = {"scale": scale, "_growth_tracker": tracker}
            self.scaler.load_state_dict({**self.scaler.state_dict(), **told})
        self.step, self.best, self.validated = saved.step, saved.best, saved.validated


def _reason(error: BaseException) -> str:
    """Return the first line of a message for an error."""
    if isinstance(error, KeyError):
        return f"it has no {error.args[0]!s}"
    return str(error).partition("\n")[0] or type(error).__name__


def update_average(average: nn.Module, network: nn.Module, decay: float, step: int) -> None:
    """Move the average towards the network.

    The average covers the steps that the decay implies, but at most about a tenth of the steps so
    far. An average that includes the first steps of a short run is worse than no average.
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
