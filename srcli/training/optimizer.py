"""Muon for the kernels inside a network, Adam for everything else.

Source: Jordan et al., "Muon: An optimizer for hidden layers in neural networks" (2024): the
update of a matrix is its momentum with all singular values moved near one by five
Newton-Schulz steps; scaled to Adam's update size as in Liu et al., arXiv 2502.16982. A kernel
(out, in, k, k) counts as a matrix (out, in k k).
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from srcli.engine.device import has_bfloat16
from srcli.training.config import TrainConfig

NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)
NEWTON_SCHULZ_STEPS = 5
ADAM_UPDATE_SIZE = 0.2
HIDDEN_CHANNELS = 16
"""A kernel with at least this many channels on both sides is one of the inside."""


def make_optimizer(network: nn.Module, config: TrainConfig) -> Optimizer:
    """Return the optimiser that ``config`` names, over all parameters of ``network``."""
    parameters = list(network.parameters())
    if config.optimizer == "adam":
        return torch.optim.Adam(parameters, lr=config.learning_rate)
    return Muon(parameters, lr=config.learning_rate)


class Muon(Optimizer):
    """Muon and Adam under one learning rate.

    Args:
        parameters: all of a network's; each finds its method by its shape.
        lr: learning rate of both.
        momentum: of Muon, Nesterov's.
        betas: of Adam.
        eps: of Adam.

    """

    def __init__(
        self,
        parameters: list[nn.Parameter],
        lr: float,
        momentum: float = 0.95,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
    ) -> None:
        inside = [p for p in parameters if _is_hidden_kernel(p)]
        others = [p for p in parameters if not _is_hidden_kernel(p)]
        groups = [{"params": inside, "matrix": True}, {"params": others, "matrix": False}]
        defaults = {"lr": lr, "momentum": momentum, "betas": betas, "eps": eps}
        super().__init__([group for group in groups if group["params"]], defaults)

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override] # no closure needed
        """Take one step."""
        if closure is not None:
            msg = "Muon does not evaluate closures"
            raise ValueError(msg)
        for group in self.param_groups:
            trained = [p for p in group["params"] if p.grad is not None]
            if group["matrix"]:
                self._muon(trained, group)
            else:
                self._adam(trained, group)

    def _muon(self, parameters: list[Tensor], group: dict[str, Any]) -> None:
        alike: defaultdict[torch.Size, list[tuple[Tensor, Tensor]]] = defaultdict(list)
        for parameter in parameters:
            state = self.state[parameter]
            gradient = _gradient(parameter)
            if not state:
                state["momentum"] = torch.zeros_like(parameter)
            state["momentum"].lerp_(gradient, 1 - group["momentum"])
            direction = gradient.lerp(state["momentum"], group["momentum"])
            alike[parameter.shape].append((parameter, direction.flatten(1)))
        for members in alike.values():
            updates = orthogonalize(torch.stack([matrix for _, matrix in members]))
            size = ADAM_UPDATE_SIZE * math.sqrt(max(updates.shape[1:]))
            for (parameter, _), update in zip(members, updates, strict=True):
                parameter.sub_(update.view(parameter.shape), alpha=group["lr"] * size)

    def _adam(self, parameters: list[Tensor], group: dict[str, Any]) -> None:
        first, second = group["betas"]
        for parameter in parameters:
            state = self.state[parameter]
            gradient = _gradient(parameter)
            if not state:
                state["step"] = 0
                state["mean"] = torch.zeros_like(parameter)
                state["square"] = torch.zeros_like(parameter)
            state["step"] += 1
            state["mean"].lerp_(gradient, 1 - first)
            state["square"].lerp_(gradient.square(), 1 - second)
            mean = state["mean"] / (1 - first ** state["step"])
            spread = (state["square"] / (1 - second ** state["step"])).sqrt_().add_(group["eps"])
            parameter.addcdiv_(mean, spread, value=-group["lr"])


def orthogonalize(matrices: Tensor) -> Tensor:
    """Move the singular values of (N, rows, columns) near one, keeping the singular vectors."""
    a, b, c = NEWTON_SCHULZ
    tall = matrices.shape[1] > matrices.shape[2]
    x = matrices.transpose(1, 2) if tall else matrices
    norm: Tensor = torch.linalg.matrix_norm(x, keepdim=True)
    x = x / (norm + 1e-7)
    if has_bfloat16(x.device):
        x = x.to(torch.bfloat16)
    for _ in range(NEWTON_SCHULZ_STEPS):
        gram = x @ x.transpose(1, 2)
        x = a * x + (b * gram + c * gram @ gram) @ x
    x = x.to(matrices.dtype)
    return x.transpose(1, 2) if tall else x


def _is_hidden_kernel(parameter: Tensor) -> bool:
    return parameter.ndim == 4 and min(parameter.shape[:2]) >= HIDDEN_CHANNELS  # noqa: PLR2004 - (out, in, k, k)


def _gradient(parameter: Tensor) -> Tensor:
    if parameter.grad is None:
        msg = "a parameter without a gradient has no step"
        raise ValueError(msg)
    return parameter.grad
