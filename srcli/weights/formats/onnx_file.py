"""Read ONNX files that others wrote: one file, operators of the standard, nothing else.

ONNX lets a file name other files that hold its tensors, and operators that other libraries bring.
Both are refused before ONNX Runtime sees the file. What it gets is written anew from what was
checked, so that nothing else can be in it.
"""

from __future__ import annotations

import importlib
import importlib.util
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from srcli.errors import CorruptWeights, MissingExtra, listed
from srcli.files.digest import check_start

SUFFIX = ".onnx"
PACKAGES = ("onnx", "onnxruntime")
LARGEST_FILE = 2**31 - 1
"""Bytes; a longer file is none that ONNX allows without other files."""
STANDARD = frozenset({"", "ai.onnx"})
"""The names of the set of operators that the standard describes."""
RESIZES = frozenset({"Resize", "Upsample"})
LOOPS = frozenset({"If", "Loop", "Scan", "SequenceMap"})
RANDOM = frozenset(
    {
        "Bernoulli",
        "Multinomial",
        "RandomNormal",
        "RandomNormalLike",
        "RandomUniform",
        "RandomUniformLike",
    }
)
ENLARGED_FIRST = "of a picture already enlarged to that size by bicubic interpolation"
"""What our exports of networks of any ratio say of the picture that they take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OnnxFile:
    """An ONNX file that was checked: its content, and how many samples its weights have."""

    content: bytes
    parameters: int


def read_onnx(path: Path) -> OnnxFile:
    """Return the checked content of an ONNX file, for ONNX Runtime.

    Raises:
        MissingExtra: onnx or onnxruntime is not installed.
        CorruptWeights: no ONNX file, or one that refers to other files or uses operators that the
            standard does not have, that repeat parts of it or that draw random numbers, or an
            export of a network that needs enlarged pictures.

    """
    _require_extra(path)
    check_start(path)
    if path.stat().st_size > LARGEST_FILE:
        msg = f"{path} is larger than an ONNX file can be."
        raise CorruptWeights(msg)
    onnx = importlib.import_module("onnx")
    try:
        model = onnx.load_model_from_string(path.read_bytes())
    except Exception as error:  # protobuf has errors of its own
        msg = f"{path} is not an ONNX file."
        raise CorruptWeights(msg) from error
    model.DiscardUnknownFields()
    _refuse_outside(path, onnx, model)
    _refuse_unsteady(path, onnx, model)
    _refuse_enlarged(path, model)
    del model.metadata_props[:]
    return OnnxFile(content=model.SerializeToString(), parameters=_count(onnx, model))


def _require_extra(path: Path) -> None:
    missing = [name for name in PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        msg = f"{path} needs {listed(missing)}, which is not installed."
        raise MissingExtra(msg, hint="Run `pip install 'srcli[onnx]'`.")


def _refuse_outside(path: Path, onnx: Any, model: Any) -> None:  # noqa: ANN401 - onnx may be absent
    """Refuse tensors in other files, and operators that are not of the standard.

    Operators that the file itself describes are refused too: ONNX Runtime might take one of its
    own for them that has the same name.
    """
    for message in _messages(model):
        if isinstance(message, onnx.TensorProto) and _is_elsewhere(onnx, message):
            msg = f"{path} keeps tensors in other files, which srcli does not read."
            raise CorruptWeights(msg, hint="Save the model as a single file.")
        if isinstance(message, onnx.NodeProto) and message.domain not in STANDARD:
            name = f"{message.domain}.{message.op_type}"
            msg = f"{path} uses the operator {name}, which the standard does not have."
            raise CorruptWeights(msg)


def _refuse_unsteady(path: Path, onnx: Any, model: Any) -> None:  # noqa: ANN401 - the same
    """Refuse loops, which need not end, branches, and random numbers."""
    for message in _messages(model):
        if not isinstance(message, onnx.NodeProto):
            continue
        graphs = any(one.HasField("g") or one.graphs for one in message.attribute)
        if graphs or message.op_type in LOOPS:
            msg = f"{path} has loops or branches ({message.op_type}), which srcli does not run."
            raise CorruptWeights(msg, hint="Export the model for inference, without control flow.")
        if message.op_type in RANDOM:
            msg = f"{path} draws random numbers ({message.op_type}): no two results are the same."
            raise CorruptWeights(msg)


def _count(onnx: Any, model: Any) -> int:  # noqa: ANN401 - the same
    """Count the samples of weights: tensors of fractions, but single numbers and sizes."""
    floats = onnx.TensorProto.FLOAT, onnx.TensorProto.FLOAT16, onnx.TensorProto.DOUBLE
    nodes = model.graph.node
    sizes = {name for one in nodes if one.op_type in RESIZES for name in one.input[1:]}
    tensors = {one.name: one for one in model.graph.initializer}
    for one in nodes:
        values = [value.t for value in one.attribute if value.HasField("t")]
        tensors |= dict.fromkeys(one.output, values[0]) if values else {}
    return sum(
        math.prod(tensor.dims)
        for name, tensor in tensors.items()
        if name not in sizes and tensor.dims and tensor.data_type in floats
    )


def _is_elsewhere(onnx: Any, tensor: Any) -> bool:  # noqa: ANN401 - the same
    return bool(tensor.external_data) or tensor.data_location == onnx.TensorProto.EXTERNAL


def _messages(message: Any) -> Iterator[Any]:  # noqa: ANN401 - the same
    """Give every part of a protobuf message, whatever it is part of."""
    waiting = [message]
    while waiting:
        part = waiting.pop()
        yield part
        for field, value in part.ListFields():
            if field.message_type is not None:
                is_single = hasattr(value, "ListFields")
                waiting.extend([value] if is_single else value)


def _refuse_enlarged(path: Path, model: Any) -> None:  # noqa: ANN401 - the same
    notes = {entry.key: entry.value for entry in model.metadata_props}
    if ENLARGED_FIRST in notes.get("scale", ""):
        msg = f"{path} was exported for one ratio, and takes a picture that is enlarged already."
        raise CorruptWeights(
            msg, hint=f"Use --model {notes.get('model', 'ID')}, which reaches every ratio."
        )
