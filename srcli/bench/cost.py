"""What a model costs: multiply-adds, and memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import torch
from torch import Tensor
from torch._ops import OpOverload
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import conv_flop_count, flop_registry

from srcli.bench.baselines import Upscale
from srcli.engine.side_by_side import one_thread
from srcli.errors import SrcliError

PROBE_SIDE = 96
"""Side of the SR picture that the work of a model is counted on."""
LOCAL_PROBE_SIDE, LARGEST_PROBE_SIDE = 128, 512
"""Sides of LR, and at most of SR, where the work for a pixel does not depend on the size.

Smaller windows run twice, and narrower ones as wider ones, which is not to be counted."""
PROCESS = Path("/proc/self")
RESET_PEAK = "5"
"""What makes Linux forget the largest resident set that it saw (proc(5), clear_refs)."""


def _fused(image: Tensor, kernel: Tensor, *_: object, out_val: Tensor) -> int:
    return conv_flop_count(list(image.shape), list(kernel.shape), list(out_val.shape))


def _fused_in_place(_: Tensor, *inputs: Any, out_val: Tensor) -> int:  # noqa: ANN401 - of any kind
    return _fused(*inputs, out_val=out_val)


aten, mkldnn = torch.ops.aten, torch.ops.mkldnn
FORMULAS: dict[Any, Callable[..., int]] = {
    **dict.fromkeys(
        (
            aten._scaled_dot_product_flash_attention_for_cpu,  # noqa: SLF001 - PyTorch's name
            aten._scaled_dot_product_attention_math_for_mps,  # noqa: SLF001
        ),
        flop_registry[aten._scaled_dot_product_flash_attention],  # noqa: SLF001
    ),
    getattr(mkldnn, "_convolution_pointwise", None): _fused,
    getattr(mkldnn, "_convolution_pointwise_", None): _fused_in_place,
    **flop_registry,
}
"""Operations of an operator by its arguments: PyTorch's, and those of attention and of fused
convolutions that it lacks."""


@dataclass(slots=True)
class Peak:
    """The most memory that was held, in bytes; 0 where the system does not tell."""

    size: int = 0


class _OperationCounter(TorchDispatchMode):  # type: ignore[no-untyped-call] # not in stubs
    """Adds up the operations that PyTorch has formulas for.

    PyTorch's own counter imports its compiler at the first operation, which takes seconds.
    """

    _whole: ClassVar[set[OpOverload[..., Any]]] = set()
    """Operations without a formula that cannot be taken apart."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call] # not in stubs
        self.operations: int = 0

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        return False

    def __torch_dispatch__(
        self,
        func: OpOverload[..., Any],
        types: object,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> object:
        """Run an operation and count it; one without a formula is taken apart if that can be."""
        del types
        kwargs = kwargs or {}
        count = FORMULAS.get(func.overloadpacket)
        if count is None and func not in self._whole:
            with self:
                parts = func.decompose(*args, **kwargs)
            if parts is not NotImplemented:
                return parts
            self._whole.add(func)
        result = func(*args, **kwargs)
        if count is not None:
            self.operations += count(*args, **kwargs, out_val=result)
        return result


def count_macs(run: Callable[[], object]) -> int:
    """Return the multiply-adds of the convolutions and matrix products that ``run`` calls.

    It runs in one thread: what others run is not seen.
    """
    with one_thread(), _OperationCounter() as counter:
        run()
    operations: int = counter.operations
    return operations // 2


def kmacs_per_pixel(upscale: Upscale, scale: float, *, local: bool) -> float:
    """Count thousand multiply-adds for each pixel of SR, on a small flat picture.

    Libraries set themselves up on the way, so that what is timed afterwards is not slowed.

    Args:
        upscale: enlarges the picture.
        scale: the ratio.
        local: whether the work for a pixel is the same whatever the size of the picture.

    Returns:
        The number; 0 if the picture cannot be enlarged, which larger ones will tell.

    """
    side = max(1, round(PROBE_SIDE / scale))
    if local:
        side = max(1, min(LOCAL_PROBE_SIDE, int(LARGEST_PROBE_SIDE / scale)))
    size = (int(side * scale), int(side * scale))
    low = torch.full((1, 3, side, side), 0.5)
    try:
        macs = count_macs(lambda: upscale(low, size, scale))
    except SrcliError:
        return 0.0
    return macs / (size[0] * size[1] * 1000)


@contextmanager
def peak_memory(device: str) -> Iterator[Peak]:
    """Watch the memory of everything inside the block.

    On CUDA, what PyTorch allocated on the fullest device; else the resident set of the whole
    process, which Linux alone can measure anew each time.
    """
    peak = Peak()
    if device == "cuda":
        devices = range(torch.cuda.device_count())
        for index in devices:
            torch.cuda.reset_peak_memory_stats(index)
        yield peak
        peak.size = max(map(torch.cuda.max_memory_allocated, devices), default=0)
    elif device == "cpu" and _reset_resident():
        yield peak
        peak.size = largest_resident()
    else:
        yield peak


def _reset_resident() -> bool:
    try:
        (PROCESS / "clear_refs").write_text(RESET_PEAK, encoding="ascii")
    except OSError:
        return False
    return True


def largest_resident(process: Path = PROCESS) -> int:
    """Return the peak of a process so far, in bytes; 0 once it has ended.

    Args:
        process: its folder below ``/proc``.

    """
    for line in (process / "status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0
