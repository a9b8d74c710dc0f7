"""Read and write the tensors of a safetensors file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from srcli.errors import CorruptWeights, sentence
from srcli.files.digest import check_safetensors

MOST_TENSORS = 20_000
"""The largest networks, here and elsewhere, have a tenth of that."""


def read_metadata(path: Path) -> dict[str, str]:
    """Return the texts of the header.

    Raises:
        CorruptWeights: not a safetensors file.

    """
    check_safetensors(path)
    try:
        with safe_open(path, framework="pt") as file:
            return dict(file.metadata() or {})
    except (SafetensorError, OSError) as error:
        raise _unreadable(path, error) from error


def read_tensors(path: Path) -> dict[str, Tensor]:
    """Return the tensors by their names, on the CPU.

    Raises:
        CorruptWeights: not a safetensors file, or one of far too many tensors.

    """
    check_safetensors(path)
    try:
        with safe_open(path, framework="pt") as file:
            names = file.keys()
            if len(names) > MOST_TENSORS:
                msg = f"{path} has {len(names):,} tensors, which no network has."
                raise CorruptWeights(msg)
            return {name: file.get_tensor(name) for name in names}
    except (SafetensorError, OSError) as error:
        raise _unreadable(path, error) from error


def write_tensors(path: Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> None:
    """Write a safetensors file, whole or not at all.

    Args:
        path: of the file; one that is there is replaced.
        tensors: by their names; those that share memory are written apart.
        metadata: texts of the header.

    Raises:
        OSError: it cannot be written.

    """
    apart = {key: value.detach().cpu().contiguous().clone() for key, value in tensors.items()}
    content = save(apart, metadata=dict(metadata))
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        temporary.write_bytes(content)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _unreadable(path: Path, error: Exception) -> CorruptWeights:
    return CorruptWeights(
        f"{path} is not a safetensors file that can be read.", hint=sentence(str(error))
    )
