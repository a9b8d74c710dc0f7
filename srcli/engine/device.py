"""Device, precision and memory format, chosen once a run."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import torch

from srcli.errors import UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class Compute:
    """Where and how precisely networks run; ``dtype`` is that of their convolutions."""

    device: torch.device
    dtype: torch.dtype = torch.float32

    def autocast(self) -> AbstractContextManager[object]:
        """Return the context in which to call a network."""
        if self.dtype == torch.float32:
            return nullcontext()
        return torch.autocast(self.device.type, self.dtype)


def choose_device(name: str = "auto") -> torch.device:
    """Return the device called ``name``: auto, cpu, cuda, cuda:1, mps.

    Raises:
        UsageError: no such device on this machine.

    """
    if name == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        msg = f"there is no device {name!r} on this machine"
        raise UsageError(msg, hint="devices are named auto, cpu, cuda, cuda:1 or mps") from error
    return device
