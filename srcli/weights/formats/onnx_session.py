"""ONNX files as ONNX Runtime opens them, on the processor."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import torch
from torch import Tensor

from srcli.errors import CorruptWeights, listed
from srcli.weights.formats.onnx_file import read_onnx
from srcli.weights.formats.onnx_trial import refuse, try_network

TYPES = {
    "tensor(float)": torch.float32,
    "tensor(float16)": torch.float16,
    "tensor(uint8)": torch.uint8,
}
"""Types of samples that a network may take, by the names that ONNX Runtime gives them."""
RANK = 4
CHANNELS = 3
LEVELS = 255
ONLY_FATAL = 4
"""Severity from which ONNX Runtime speaks; its errors are raised as well."""


class OnnxSession:
    """A network that takes one RGB picture, whatever its sizes and its range.

    Attributes:
        path: of its file.
        parameters: number of samples of all its weights.
        dtype: of the samples that it takes.
        fixed: height and width of the pictures that it takes; 0 where they are free.

    Args:
        path: of its file.
        sides: heights and widths of pictures that it is tried with; the first that it takes counts.

    Raises:
        MissingExtra: onnx or onnxruntime is not installed.
        CorruptWeights: the file cannot be read, its network asks for too much memory or time, or
            takes something else.

    """

    def __init__(self, path: Path, sides: Sequence[tuple[int, int]]) -> None:
        self.path = path
        read = read_onnx(path)
        self.parameters = read.parameters
        try_network(path, read.content, sides=sides, threads=torch.get_num_threads())
        try:
            self._session = open_session(read.content)
        except Exception as error:  # noqa: BLE001 - onnxruntime's errors have no common name
            refuse(path, "open", error)
        inputs = self._session.get_inputs()
        if len(inputs) != 1:
            names = listed([one.name for one in inputs]) or "nothing"
            self.refuse(f"takes {names}, not one picture")
        self._input, self._output = inputs[0].name, self._session.get_outputs()[0].name
        self.dtype, self.fixed = self._taken(inputs[0].type, inputs[0].shape)

    def run(self, samples: Tensor) -> Tensor:
        """Return as float32 what it makes of one picture (1, 3, H, W), both in its own ranges.

        Raises:
            CorruptWeights: ONNX Runtime fails.
            RuntimeError: there is not enough memory, in the words that PyTorch has for it.

        """
        if self.dtype == torch.uint8:
            samples = samples.round().clamp(0, LEVELS)
        given = {self._input: samples.to(self.dtype).contiguous().numpy()}
        try:
            (made,) = self._session.run([self._output], given)
        except Exception as error:
            if "alloc" in str(error):
                msg = "ONNX Runtime is out of memory."
                raise RuntimeError(msg) from error
            refuse(self.path, "run", error)
        return torch.from_numpy(made).float()

    def refuse(self, reason: str) -> NoReturn:
        """Say why this is no model for pictures.

        Raises:
            CorruptWeights: always.

        """
        msg = f"{self.path} {reason}."
        raise CorruptWeights(msg)

    def _taken(self, kind: str, shape: Sequence[object]) -> tuple[torch.dtype, tuple[int, int]]:
        """Return the type of the samples that it takes, and the sides that are fixed."""
        if kind not in TYPES:
            self.refuse(f"takes {kind}, not samples of uint8 or float")
        if len(shape) != RANK:
            self.refuse(f"takes an array of {len(shape)} axes, not pictures")
        count, channels, height, width = map(_length, shape)
        if channels != CHANNELS == width:
            self.refuse("takes its channels last, which srcli does not support")
        if channels not in {0, CHANNELS}:
            self.refuse(f"takes {channels} channels, not RGB")
        if count > 1:
            self.refuse(f"takes {count} pictures at a time")
        return TYPES[kind], (height, width)


def open_session(content: bytes) -> Any:  # noqa: ANN401 - onnxruntime has no types
    """Open an ONNX file, of which nothing but ``content`` is read.

    Raises:
        Exception: of onnxruntime's own, if it cannot run it.

    """
    runtime = importlib.import_module("onnxruntime")
    options = runtime.SessionOptions()
    options.log_severity_level = ONLY_FATAL
    options.intra_op_num_threads = torch.get_num_threads()
    options.add_session_config_entry("session.load_model_format", "ONNX")
    return runtime.InferenceSession(content, options, providers=["CPUExecutionProvider"])


def _length(side: object) -> int:
    """Return the length of an axis, or 0 where it is free."""
    return side if isinstance(side, int) and side > 0 else 0
