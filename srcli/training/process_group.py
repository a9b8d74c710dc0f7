"""The processes that train one network together; usually there is one.

Every process holds the network, takes its share of every batch, and makes the same step from
the mean of all gradients. ``accelerate launch`` starts the processes and gives each its rank.
The first process writes the files and reports.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterable
from typing import TypeVar

import torch
from torch import nn

from srcli.engine.device import choose_device
from srcli.errors import MissingExtra, UsageError

T = TypeVar("T")


class ProcessGroup:
    """A single process: nothing is shared."""

    rank = 0
    count = 1

    def __init__(self, device: torch.device) -> None:
        self.device = device

    @property
    def is_first(self) -> bool:
        """Tell whether this process writes the files and reports."""
        return self.rank == 0

    def share(self, total: int) -> slice:
        """Return the slice of ``total`` patches that is this process's.

        The number of processes must divide ``total``.
        """
        each = total // self.count
        return slice(self.rank * each, (self.rank + 1) * each)

    def any(self, flag: bool) -> bool:  # noqa: FBT001 - the question is the argument
        """Tell whether ``flag`` is true in any process."""
        return flag

    def average_gradients(self, parameters: Iterable[nn.Parameter]) -> None:
        """Replace every gradient by its mean over the processes."""

    def gather(self, values: list[T]) -> list[T]:
        """Return the values of all processes, in the order of their ranks."""
        return values

    def leave(self) -> None:
        """Wait until all processes are done, and leave the group."""


class DistributedGroup(ProcessGroup):
    """The processes of one ``accelerate launch``.

    Raises:
        MissingExtra: accelerate is not installed.
        UsageError: the named device cannot be that of every process, or accelerate cannot
            connect devices of this kind.

    """

    def __init__(self, device_name: str) -> None:
        if importlib.util.find_spec("accelerate") is None:
            msg = "Training in several processes needs accelerate, which is not installed."
            raise MissingExtra(msg, hint="Run `pip install 'srcli[train]'`.")
        from accelerate import PartialState

        kind = choose_device(device_name).type
        if device_name not in {"auto", kind}:
            msg = f"{device_name!r} cannot be the device of every process."
            raise UsageError(msg, hint="Leave out --device. Each process finds its own.")
        self.state = PartialState(cpu=kind == "cpu")
        super().__init__(self.state.device)
        if self.state.num_processes != started_processes():
            msg = f"Processes on {kind} cannot train together."
            raise UsageError(msg, hint="Choose --device cpu, or start one process.")
        self.rank = self.state.process_index
        self.count = self.state.num_processes

    def any(self, flag: bool) -> bool:  # noqa: FBT001 - the question is the argument
        """Tell whether ``flag`` is true in any process; all processes wait for each other."""
        from accelerate.utils import reduce

        votes = reduce(torch.tensor(float(flag), device=self.device), "sum")
        return bool(votes.item())

    def average_gradients(self, parameters: Iterable[nn.Parameter]) -> None:
        """Replace every gradient by its mean over the processes, in one message."""
        from accelerate.utils import reduce

        gradients = [p.grad for p in parameters if p.grad is not None]
        message = torch.cat([gradient.reshape(-1) for gradient in gradients])
        means = reduce(message, "mean").split([gradient.numel() for gradient in gradients])
        for gradient, mean in zip(gradients, means, strict=True):
            gradient.copy_(mean.view(gradient.shape))

    def gather(self, values: list[T]) -> list[T]:
        """Return the values of all processes, in the order of their ranks."""
        from accelerate.utils import gather_object

        gathered: list[T] = gather_object(values)
        return gathered

    def leave(self) -> None:
        """Wait until all processes are done, and leave the group."""
        self.state.wait_for_everyone()
        self.state.destroy_process_group()


def join_process_group(device_name: str) -> ProcessGroup:
    """Return the group of processes that this process was started in.

    Raises:
        UsageError: there is no such device on this machine; see also :class:`DistributedGroup`.
        MissingExtra: see :class:`DistributedGroup`.

    """
    if started_processes() > 1:
        return DistributedGroup(device_name)
    return ProcessGroup(choose_device(device_name))


def started_processes() -> int:
    """Return the number of processes, as the launcher tells it."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def is_first_process() -> bool:
    """Tell whether this process is the one that reports, before it has joined a group."""
    return int(os.environ.get("RANK", "0")) == 0
