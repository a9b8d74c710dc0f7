"""Write a model for other runtimes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from srcli.errors import UsageError, listed
from srcli.files.atomic import refuse_existing, write_file
from srcli.networks.catalog import NETWORKS
from srcli.networks.spec import AnyRatioNetwork
from srcli.weights.formats.checkpoint import load_model
from srcli.weights.formats.onnx_export import Parity, export_onnx
from srcli.weights.formats.onnx_file import ENLARGED_FIRST
from srcli.weights.providers.store import locate

SUFFIX = ".onnx"
STRIPS = "its attention works in strips whose number depends on the size of the picture"
UNEXPORTABLE = {"csnln": STRIPS, "panet": STRIPS, "panetir": STRIPS}
"""Our networks that PyTorch's exporter cannot follow at any size, and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """What was written, and how near it is to PyTorch."""

    path: Path
    opset: int
    parity: tuple[Parity, ...]


def export_model(
    model: str, out: Path, *, ratio: float | None = None, overwrite: bool = False
) -> Export:
    """Write a model as ONNX, once onnxruntime has given the same result as PyTorch.

    Args:
        model: an id, a weights file, or a file of the hub.
        out: a ``.onnx`` file.
        ratio: of one pass, for a model of any ratio; the largest if None.
        overwrite: whether ``out`` may be replaced.

    Raises:
        UsageError: ``out`` is no ``.onnx`` file, the ratio makes no sense, or the network cannot
            be exported.
        AlreadyExists: ``out`` is there, and is not to be replaced.
        UnwritableFile: ``out`` cannot be written.
        WeightsError: the model cannot be had, the extra ``onnx`` is missing, or the exported
            network gives another result.
        DiskFull: there is no room for it.

    """
    if out.suffix != SUFFIX:
        msg = f"{out} does not end in {SUFFIX}."
        raise UsageError(msg)
    if not overwrite:
        refuse_existing(out)
    loaded = load_model(locate(model))
    name = loaded.header.network
    if name in UNEXPORTABLE:
        msg = f"{name} cannot be exported for any height and width: {UNEXPORTABLE[name]}."
        others = listed(sorted(NETWORKS.keys() - UNEXPORTABLE))
        raise UsageError(msg, hint=f"Of our networks {others} can, and many of other tools.")
    network = loaded.network.eval().requires_grad_(requires_grad=False)
    enlarges = f"x{network.traits.scale}"
    if isinstance(network, AnyRatioNetwork):
        ratio = network.traits.max_ratio if ratio is None else ratio
        enlarges = f"x{ratio:g}, {ENLARGED_FIRST}"
    notes = {"model": model, "scale": enlarges, "samples": "RGB in [0, 1]"}
    made = export_onnx(network, ratio=ratio, notes=notes)
    write_file(out, made.content, overwrite=overwrite)
    return Export(path=out, opset=made.opset, parity=made.parity)
