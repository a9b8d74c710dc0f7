"""Choose the device and the precision of networks, once for a run."""

from __future__ import annotations

import logging
import threading
from collections.abc import Collection, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import Any, Literal

import torch

from srcli.errors import UsageError, listed
from srcli.spelling import did_you_mean

Precision = Literal["float32", "bfloat16", "float16"]
AUTO_PRECISION = "auto"
PRECISIONS: Mapping[str, torch.dtype] = {
    "float32": torch.float32,
    "bfloat16": torch.bfloat16,
    "float16": torch.float16,
}

BFLOAT16_CAPABILITIES = ("avx512_bf16", "amx_bf16", "bf16", "sve_bf16")
"""A processor with any of these multiplies in bfloat16 itself (x86-64, ARM64)."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Compute:
    """Device of networks, and data type of their convolutions.

    Attributes:
        device: where networks run.
        dtype: of their convolutions.
        adapts: the type is only for networks that are known to lose nothing by it.

    """

    device: torch.device
    dtype: torch.dtype = torch.float32
    adapts: bool = False

    def suited(self, *, keeps_quality: bool) -> Compute:
        """Return the device and the data type for one network.

        A type that adapts becomes float32 for a network that may lose quality by it.

        Args:
            keeps_quality: the network is known to lose nothing by the type.

        """
        if not self.adapts:
            return self
        dtype = self.dtype if keeps_quality else torch.float32
        return replace(self, dtype=dtype, adapts=False)

    def allowed(self, reduced: Collection[torch.dtype]) -> Compute:
        """Return the same in float32, unless its precision is one of ``reduced``."""
        return self if self.dtype in reduced else replace(self, dtype=torch.float32)

    def autocast(self) -> AbstractContextManager[object]:
        """Return the context in which to run a network. Its float32 is that of IEEE, not TF32."""
        if self.dtype != torch.float32:
            return torch.autocast(self.device.type, self.dtype)
        return _IEEE_FLOAT32 if self.device.type == "cuda" else nullcontext()


class _IeeeFloat32:
    """Keeps CUDA from rounding float32 to the ten bits of TF32, as PyTorch's convolutions do.

    All threads share the settings. The first thread to enter changes them, and the last one to
    leave restores them.
    """

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._inside = 0
        self._before: list[tuple[Any, str, bool | str]] = []

    def __enter__(self) -> None:
        with self._mutex:
            if self._inside == 0:
                self._before = [(kind, name, getattr(kind, name)) for kind, name, _ in _exact()]
                for kind, name, exact in _exact():
                    setattr(kind, name, exact)
            self._inside += 1

    def __exit__(self, *_: object) -> None:
        with self._mutex:
            self._inside -= 1
            if self._inside == 0:
                for kind, name, before in self._before:
                    setattr(kind, name, before)


def _exact() -> list[tuple[Any, str, bool | str]]:
    """Return the object, name and IEEE value of each of PyTorch's settings of float32 on CUDA."""
    convolutions: Any = torch.backends.cudnn
    products: Any = torch.backends.cuda.matmul
    if hasattr(convolutions, "conv"):  # PyTorch 2.9 or newer
        return [(kind, "fp32_precision", "ieee") for kind in (convolutions.conv, products)]
    return [(kind, "allow_tf32", False) for kind in (convolutions, products)]


_IEEE_FLOAT32 = _IeeeFloat32()


def choose_device(name: str = "auto") -> torch.device:
    """Return the device called ``name``: auto, cpu, cuda, cuda:1 or mps.

    Raises:
        UsageError: this machine has no such device.

    """
    if name == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        msg = f"There is no device {name!r} on this machine."
        raise UsageError(msg, hint="Devices are named auto, cpu, cuda, cuda:1 or mps.") from error
    return device


def has_bfloat16(device: torch.device) -> bool:
    """Tell whether ``device`` computes in bfloat16 itself, and so at no lower speed.

    A processor without bfloat16 imitates it at a tenth of the speed of float32 or less. Older
    releases of PyTorch do not know what a processor has; the answer is no then.
    """
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device.type == "cpu":
        capabilities: Mapping[str, object] = getattr(torch.cpu, "get_capabilities", dict)()
        return any(capabilities.get(name) for name in BFLOAT16_CAPABILITIES)
    return False


def choose_compute(device: str = "auto", precision: str = "float32") -> Compute:
    """Return the device and the precision of networks.

    Args:
        device: name of the device, as for ``choose_device``.
        precision: precision of the convolutions. A tile whose values overflow in a shorter
            precision runs again in float32. ``auto`` is bfloat16 for networks that are known to
            lose nothing by it, where the device computes in it itself, and float32 for all others.

    Raises:
        UsageError: there is no such device or precision, or float16 is asked for on a processor,
            where PyTorch imitates it at a hundredth of the speed.

    """
    if precision == AUTO_PRECISION:
        found = choose_device(device)
        dtype = torch.bfloat16 if has_bfloat16(found) else torch.float32
        return Compute(device=found, dtype=dtype, adapts=True)
    if precision not in PRECISIONS:
        msg = f"There is no precision called {precision!r}."
        hint = f"Choose one of {listed(PRECISIONS)}."
        raise UsageError(msg, hint=did_you_mean(precision, PRECISIONS, otherwise=hint))
    chosen = Compute(device=choose_device(device), dtype=PRECISIONS[precision])
    if chosen.device.type == "cpu" and chosen.dtype == torch.float16:
        msg = "The precision float16 is for GPUs."
        raise UsageError(msg, hint="Choose bfloat16 on a processor.")
    imitated = chosen.dtype == torch.bfloat16 and not has_bfloat16(chosen.device)
    if chosen.device.type == "cpu" and imitated:
        logger.warning("This processor has no bfloat16 built in, so float32 is faster.")
    return chosen
