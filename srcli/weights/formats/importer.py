"""Turn a checkpoint of the authors into a self-describing weights file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from srcli.errors import CorruptWeights
from srcli.files.digest import sha256_of
from srcli.weights.catalog.card import WeightCard
from srcli.weights.catalog.published import all_sources, find_source
from srcli.weights.formats import reference_checkpoints
from srcli.weights.formats.checkpoint import Header, save_model
from srcli.weights.formats.size_guard import bounded_by
from srcli.weights.providers.cache import keep


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """A checkpoint in our terms: the state_dict of the network that the header names.

    ``source`` is the authors' file that it is, or that it passes for where nobody measured
    theirs; None if it is another.
    """

    header: Header
    state: Mapping[str, Tensor]
    source: WeightCard | None = None

    def save(self, path: Path) -> None:
        """Write a self-describing weights file, whole or not at all."""
        save_model(path, self.state, self.header)

    def keep(self, path: Path) -> None:
        """Write the weights file into the folder of models, with the note of its sha256."""
        made = path.with_name(f".{path.name}.new")
        try:
            self.save(made)
            keep(made, path)
        finally:
            made.unlink(missing_ok=True)


def import_checkpoint(path: Path, scale: int | None = None) -> Imported:
    """Read, recognise and convert ``path``; nothing in it is run.

    ``scale`` is as for ``reference_checkpoints.identify``.

    Raises:
        CorruptWeights: it cannot be read, is none of the networks that can be recognised, does
            not fit the one that it looks like, or is not of finite numbers.

    """
    state = reference_checkpoints.read(path)
    found = reference_checkpoints.identify(state, scale)
    with bounded_by(state.values(), path):
        converted = reference_checkpoints.convert(state, found)
    check_finite(path, converted.items())
    sha256 = sha256_of(path)
    origin = f"imported from {path.name}, sha256 {sha256}"
    header = Header(network=found.network, config=found.config, origin=origin)
    return Imported(header=header, state=converted, source=_source(found, sha256))


def check_finite(path: Path, weights: Iterable[tuple[str, Tensor]]) -> None:
    """Refuse weights that would spoil every picture.

    Raises:
        CorruptWeights: one of them is infinite, or not a number.

    """
    for name, tensor in weights:
        if not tensor.isfinite().all():
            msg = f"{path} is damaged: {name} has values that are not finite numbers."
            raise CorruptWeights(msg)


def _source(found: reference_checkpoints.Upstream, sha256: str) -> WeightCard | None:
    """Return the authors' file of a hash, or where nobody measured theirs, that of the size."""
    scale = found.config.scale
    for known in all_sources():
        if (known.network, known.scale, known.sha256) == (found.network, scale, sha256):
            return known
    source = find_source(reference_checkpoints.published_as(found))
    return None if source is None or source.sha256 else source
