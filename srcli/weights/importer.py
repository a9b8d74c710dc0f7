"""Turn a checkpoint of the authors into a self-describing weights file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from srcli.weights import upstream
from srcli.weights.bound import bounded_by
from srcli.weights.checkpoint import Header, save_model
from srcli.weights.digest import check_archive, sha256_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """A checkpoint in our terms: the state_dict of the network that the header names."""

    header: Header
    state: Mapping[str, Tensor]

    def save(self, path: Path) -> None:
        """Write a self-describing weights file, whole or not at all."""
        save_model(path, self.state, self.header)


def import_checkpoint(path: Path) -> Imported:
    """Read, recognise and convert ``path``; nothing in it is run.

    Raises:
        CorruptWeights: it cannot be read, is none of the networks that can be recognised, or
            does not fit the one that it looks like.

    """
    check_archive(path)
    state = upstream.read(path)
    found = upstream.identify(state)
    with bounded_by(state.values()):
        converted = upstream.convert(state, found)
    origin = f"imported from {path.name}, sha256 {sha256_of(path)}"
    header = Header(network=found.network, config=found.config, origin=origin)
    return Imported(header=header, state=converted)
