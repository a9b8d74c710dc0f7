"""Everything that a run needs to go on as if it had never stopped."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from pickle import UnpicklingError

import torch
from torch import nn

from srcli.errors import DataError
from srcli.training.config import TrainConfig

SHORTEST_MEMORY = 10


@dataclass(slots=True, kw_only=True)
class TrainState:
    """A run between two steps.

    ``step`` counts finished steps, ``best`` is the best validation so far, in dB. Crops and
    ratios are drawn from the seed and the step's number, so no generator needs saving.
    """

    network: nn.Module
    average: nn.Module
    optimizer: torch.optim.Optimizer
    scaler: torch.amp.GradScaler
    step: int = 0
    best: float = 0.0

    def save(self, path: Path, config: TrainConfig) -> None:
        """Write the state; a reader finds either the old file or the new one, whole."""
        temporary = path.with_suffix(".tmp")
        torch.save(
            {
                "config": asdict(config),
                "network": self.network.state_dict(),
                "average": self.average.state_dict(),
                "optimizer": self.optimizer.state_dict(),
                "scaler": self.scaler.state_dict(),
                "step": self.step,
                "best": self.best,
            },
            temporary,
        )
        temporary.replace(path)

    def load(self, path: Path, config: TrainConfig) -> None:
        """Take over the state in ``path``.

        The length of the run and the fall of its learning rate may change; the rest may not.

        Raises:
            DataError: not a state of this run.

        """
        try:
            saved = torch.load(path, map_location="cpu", weights_only=True)
            found = TrainConfig(**saved["config"])
        except (OSError, EOFError, RuntimeError, KeyError, TypeError, UnpicklingError) as error:
            msg = f"{path} is not the state of a training run"
            raise DataError(msg, hint=str(error)) from error
        if _identity(found) != _identity(config):
            msg = f"{path} belongs to another run"
            hint = "; ".join(_differences(found, config))
            raise DataError(msg, hint=hint)
        self.network.load_state_dict(saved["network"])
        self.average.load_state_dict(saved["average"])
        self.optimizer.load_state_dict(saved["optimizer"])
        self.scaler.load_state_dict(saved.get("scaler", {}))
        self.step, self.best = saved["step"], saved["best"]


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
