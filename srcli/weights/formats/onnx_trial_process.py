"""The program that ``onnx_trial`` starts: it needs onnxruntime and NumPy, and nothing of srcli.

It reads the network from standard input, and what it is to do from its one argument. It prints
``["", ""]``, or at what it failed and what ONNX Runtime said.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import sys
from typing import Any

import numpy as np

RANK = 4
ONLY_FATAL = 4
onnxruntime = importlib.import_module("onnxruntime")  # before memory is limited
TYPES = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(uint8)": np.uint8,
}


def limit_memory(size: int) -> None:
    """Let allocations beyond a number of bytes fail, where the system can do that."""
    with contextlib.suppress(ImportError):  # Windows
        import resource

        kind = resource.RLIMIT_DATA if sys.platform == "linux" else resource.RLIMIT_AS
        _, most = resource.getrlimit(kind)
        size = size if most == resource.RLIM_INFINITY else min(size, most)
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(kind, (size, most))


def open_network(content: bytes, threads: int) -> Any:  # noqa: ANN401 - onnxruntime has no types
    """Open the network as srcli does."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = ONLY_FATAL
    options.intra_op_num_threads = threads
    options.add_session_config_entry("session.load_model_format", "ONNX")
    return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])


def run(session: Any, sides: list[tuple[int, int]]) -> None:  # noqa: ANN401 - the same
    """Show the network grey pictures, until it takes one."""
    taken = session.get_inputs()
    kind = TYPES.get(taken[0].type) if len(taken) == 1 else None
    if kind is None or len(taken[0].shape) != RANK:
        return
    failure = None
    for height, width in sides:
        usual = (1, 3, height, width)
        shape = [
            length if isinstance(length, int) and length > 0 else free
            for length, free in zip(taken[0].shape, usual, strict=True)
        ]
        try:
            session.run([session.get_outputs()[0].name], {taken[0].name: np.full(shape, 0.5, kind)})
        except Exception as error:
            if "alloc" in str(error).lower():
                raise
            failure = failure or error
        else:
            return
    if failure:
        raise failure


def attempt(content: bytes, *, threads: int, sides: list[tuple[int, int]]) -> tuple[str, str]:
    """Return at what the network failed, ``open`` or ``run``, and why; two empty texts if not."""
    stage = "open"
    try:
        session = open_network(content, threads)
        stage = "run"
        run(session, sides)
    except MemoryError:
        return stage, "alloc"
    except Exception as error:  # noqa: BLE001 - onnxruntime's errors have no common name
        return stage, str(error)
    return "", ""


def main() -> None:
    """Try the network on standard input, and print what came of it."""
    asked = json.loads(sys.argv[1])
    content = sys.stdin.buffer.read()
    limit_memory(asked.pop("memory"))
    sys.stdout.write(json.dumps(attempt(content, **asked)))


if __name__ == "__main__":
    main()
