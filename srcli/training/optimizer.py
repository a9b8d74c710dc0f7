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
        lr: learning rate of both: a number, or a tensor of one on the device of the parameters.
        momentum: of Muon, Nesterov's.
        betas: of Adam.
        eps: of Adam.

    """

    def __init__(
        self,
        parameters: list[nn.Parameter],
        lr: float | Tensor,
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
            if trained:
                (self._muon if group["matrix"] else self._adam)(trained, group)

    def _muon(self, parameters: list[Tensor], group: dict[str, Any]) -> None:
        gradients = [_gradient(parameter) for parameter in parameters]
        momenta = [self._kept(parameter, "momentum") for parameter in parameters]
        torch._foreach_lerp_(momenta, gradients, 1 - group["momentum"])
        directions = torch._foreach_lerp(gradients, momenta, group["momentum"])  # noqa: SLF001 - as PyTorch's own do
        alike: defaultdict[torch.Size, list[tuple[Tensor, Tensor]]] = defaultdict(list)
        for parameter, direction in zip(parameters, directions, strict=True):
            alike[parameter.shape].append((parameter, direction))
        for shape, members in alike.items():
            updates = orthogonalize(torch.stack([_matrix(kernel) for _, kernel in members]))
            size = ADAM_UPDATE_SIZE * math.sqrt(max(updates.shape[1:]))
            moves = [_kernel(move, shape) for move in updates.mul_(-size).mul_(group["lr"])]
            torch._foreach_add_([parameter for parameter, _ in members], moves)

    def _adam(self, parameters: list[Tensor], group: dict[str, Any]) -> None:
        first, second = group["betas"]
        gradients = [_gradient(parameter) for parameter in parameters]
        means = [self._kept(parameter, "mean") for parameter in parameters]
        squares = [self._kept(parameter, "square") for parameter in parameters]
        counts = [self._count(parameter) for parameter in parameters]
        torch._foreach_add_(counts, 1)
        steps = torch.stack(counts)
        torch._foreach_lerp_(means, gradients, 1 - first)
        products = torch._foreach_mul(gradients, gradients)  # noqa: SLF001 - as PyTorch's own do
        torch._foreach_lerp_(squares, products, 1 - second)
        spreads = torch._foreach_div(squares, list(_settled(second, steps)))  # noqa: SLF001 - as PyTorch's own do
        torch._foreach_sqrt_(spreads)
        torch._foreach_add_(spreads, group["eps"])
        moves = torch._foreach_div(means, list(_settled(first, steps)))  # noqa: SLF001 - as PyTorch's own do
        torch._foreach_mul_(moves, group["lr"])
        torch._foreach_addcdiv_(parameters, moves, spreads, value=-1)

    def _kept(self, parameter: Tensor, name: str) -> Tensor:
        """Return what is remembered of a parameter under a name, at first zeros."""
        state = self.state[parameter]
        if name not in state:
            state[name] = torch.zeros_like(parameter)
        kept: Tensor = state[name]
        return kept

    def _count(self, parameter: Tensor) -> Tensor:
        """Return the number of a parameter's steps: a head that a batch does not use makes none.

        It is on the parameter's device, where a step that runs there can raise it; states may
        bring a plain number, or a tensor of the host.
        """
        state, device = self.state[parameter], parameter.device
        count: Tensor = torch.as_tensor(state.get("step", 0), dtype=parameter.dtype, device=device)
        state["step"] = count
        return count


def _settled(beta: float, steps: Tensor) -> Tensor:
    """Return which share of a mean is of gradients, not of the zero that it began with.

    That is 1 - beta^steps, without a difference of nearly equal numbers.
    """
    return -torch.expm1(steps * math.log(beta))


def orthogonalize(matrices: Tensor) -> Tensor:
    """Move the singular values of (N, rows, columns) near one, keeping the singular vectors."""
    a, b, c = NEWTON_SCHULZ
    tall = matrices.shape[1] > matrices.shape[2]
    x = matrices.transpose(1, 2) if tall else matrices
    norm: Tensor = torch.linalg.matrix_norm(x, keepdim=True)
    x = x / (norm + 1e-7)
    if x.dtype == torch.float32 and has_bfloat16(x.device):
        x = x.to(torch.bfloat16)
    for _ in range(NEWTON_SCHULZ_STEPS):
        gram = x @ x.transpose(1, 2)
        polynomial = torch.baddbmm(gram, gram, gram, beta=b, alpha=c)
        x = torch.baddbmm(x, polynomial, x, beta=a)
    x = x.to(matrices.dtype)
    return x.transpose(1, 2) if tall else x


def _is_hidden_kernel(parameter: Tensor) -> bool:
    return parameter.ndim == 4 and min(parameter.shape[:2]) >= HIDDEN_CHANNELS  # noqa: PLR2004 - (out, in, k, k)


def _matrix(kernel: Tensor) -> Tensor:
    """Return (out, k k in) of a kernel (out, in, k, k): in this order a view of channels last."""
    return kernel.movedim(1, -1).flatten(1)


def _kernel(matrix: Tensor, shape: torch.Size) -> Tensor:
    """Undo :func:`_matrix`."""
    outputs, inputs, *sides = shape
    return matrix.view(outputs, *sides, inputs).movedim(-1, 1)


def _gradient(parameter: Tensor) -> Tensor:
    if parameter.grad is None:
        msg = "a parameter without a gradient has no step"
        raise ValueError(msg)
    return parameter.grad
