"""Networks as ONNX, for sizes of any height and width, and their comparison with PyTorch.

onnx, onnxscript and onnxruntime belong to the extra ``onnx``.
"""

from __future__ import annotations

import importlib.util
import logging
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from warnings import catch_warnings

import torch
from torch import Tensor, nn

from srcli.errors import CorruptWeights, MissingExtra, UsageError, listed, sentence
from srcli.networks.spec import AnyRatioNetwork, NetworkTraits, SrNetwork
from srcli.weights.formats.onnx_session import open_session
from srcli.weights.formats.onnx_trial import first_line

PACKAGES = ("onnx", "onnxscript", "onnxruntime")
INPUT = "image"
OUTPUT = "enlarged"
TOLERANCE = 1e-4
"""Largest difference from PyTorch, of samples in [0, 1]."""
SIDES = ((1, 36, 28), (2, 20, 44))
"""Batch, height and width that are compared; sides grow to what the network takes."""
LEAST_SIDE = 4
"""Of the pictures that an exported network takes; smaller ones are extended by a branch."""
_ALONE = threading.Lock()
UNFIT = "This network cannot be exported for any height and width."


@dataclass(frozen=True, slots=True, kw_only=True)
class Parity:
    """One comparison: the input's (B, 3, H, W), and the largest absolute difference."""

    shape: tuple[int, ...]
    difference: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """A network as ONNX: the file's content, the operator set, and how near it is."""

    content: bytes
    opset: int
    parity: tuple[Parity, ...]


class _AtRatio(nn.Module):
    """A network of any ratio that always enlarges by one of them."""

    def __init__(self, network: AnyRatioNetwork, ratio: float) -> None:
        super().__init__()
        self.network = network
        self.ratio = ratio

    def forward(self, image: Tensor) -> Tensor:
        return self.network(image, self.ratio)


def export_onnx(
    network: SrNetwork, *, ratio: float | None = None, notes: Mapping[str, str] | None = None
) -> Exported:
    """Make ONNX of a network, with dynamic batch, height and width, and compare it.

    Its input ``image`` and its output ``enlarged`` are RGB float32 (B, 3, H, W) in [0, 1]; a
    network of any ratio takes the picture already enlarged to the output size.

    Args:
        network: on the CPU, in evaluation mode.
        ratio: ratio of a pass of a network of any ratio; its largest if None.
        notes: texts that are written into the file.

    Raises:
        WeightsUnavailable: the extra ``onnx`` is not installed.
        UsageError: the ratio makes no sense, or the network cannot be exported.
        CorruptWeights: onnxruntime's result differs by more than 1e-4.

    """
    fixed, traits = _held_to(network, ratio)
    _require_extra()
    with torch.inference_mode():  # what networks keep between runs must not be made by the tracer
        fixed(torch.rand(_shape(SIDES[-1], traits)))
    program = _trace(fixed, traits)
    program.model.metadata_props.update(notes or {})
    content: bytes = program.model_proto.SerializeToString()
    parity = tuple(_compare(content, fixed, traits))
    return Exported(content=content, opset=program.model.opset_imports[""], parity=parity)


def _held_to(network: SrNetwork, ratio: float | None) -> tuple[nn.Module, NetworkTraits]:
    """Return a module whose input is an image alone, and the traits that hold for it."""
    traits = network.traits
    if not isinstance(network, AnyRatioNetwork):
        if ratio is not None:
            msg = f"A ratio is for models of any scale, but this one enlarges by {traits.scale}."
            raise UsageError(msg)
        return network, traits
    largest = network.traits.max_ratio
    ratio = largest if ratio is None else ratio
    if not 1 < ratio <= largest:
        msg = f"The ratio {ratio:g} is not above 1 and at most {largest:g}."
        raise UsageError(msg)
    return _AtRatio(network, ratio).eval(), traits.at(ratio)


def _require_extra() -> None:
    missing = [name for name in PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        msg = f"The export needs {listed(missing)}, which is not installed."
        raise MissingExtra(msg, hint="Run `pip install 'srcli[onnx]'`.")


def _trace(fixed: nn.Module, traits: NetworkTraits) -> Any:  # noqa: ANN401 - torch.onnx.ONNXProgram and its untyped model
    step = traits.size_multiple
    smallest = -(-max(traits.minimum_size, LEAST_SIDE) // step)
    sides = {
        axis: step * torch.export.Dim(name, min=smallest)
        for axis, name in ((2, "height"), (3, "width"))
    }
    try:
        with _quiet():
            return torch.onnx.export(
                fixed,
                (torch.rand(_shape(SIDES[-1], traits)),),
                input_names=[INPUT],
                output_names=[OUTPUT],
                dynamic_shapes=({0: torch.export.Dim("batch"), **sides},),
                dynamo=True,
                verbose=False,
            )
    except torch.onnx.OnnxExporterError as error:
        reason = first_line(error.__cause__ or error)
        raise UsageError(UNFIT, hint=f"PyTorch's exporter says: {sentence(reason)}") from error


def _compare(content: bytes, fixed: nn.Module, traits: NetworkTraits) -> Iterator[Parity]:
    """Run the network and its export on noise of each size."""
    with _refusals():
        session = open_session(content)
    noise = torch.Generator().manual_seed(0)
    for sides in SIDES:
        image = torch.rand(_shape(sides, traits), generator=noise)
        with torch.inference_mode():
            wanted = fixed(image.clone())
        difference = float((_run(session, image, wanted.shape) - wanted).abs().max())
        if not difference <= TOLERANCE:
            msg = f"The exported network differs from PyTorch by {difference:.1e}."
            raise CorruptWeights(
                msg, hint=f"No file was written. A difference of {TOLERANCE:g} is allowed."
            )
        yield Parity(shape=tuple(image.shape), difference=difference)


def _run(session: Any, image: Tensor, shape: torch.Size) -> Tensor:  # noqa: ANN401 - the same
    with _refusals():
        (found,) = session.run([OUTPUT], {INPUT: image.numpy()})
    if found.shape != shape:
        raise UsageError(UNFIT, hint=f"The result is {found.shape} instead of {tuple(shape)}.")
    return torch.from_numpy(found)


@contextmanager
def _refusals() -> Iterator[None]:
    """Turn what onnxruntime raises, which has no common name, into ours."""
    try:
        yield
    except Exception as error:
        raise UsageError(UNFIT, hint=f"ONNX Runtime says: {sentence(first_line(error))}") from error


def _shape(sides: tuple[int, int, int], traits: NetworkTraits) -> tuple[int, int, int, int]:
    batch, *lengths = sides
    step = traits.size_multiple
    height, width = (step * -(-max(side, traits.minimum_size) // step) for side in lengths)
    return batch, 3, height, width


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the exporter's warnings and log, which are about itself, from the user.

    Both settings are those of the process, so one thread exports at a time.
    """
    with _ALONE, catch_warnings(action="ignore"):
        before = logging.root.manager.disable
        logging.disable(logging.CRITICAL)
        try:
            yield
        finally:
            logging.disable(before)
