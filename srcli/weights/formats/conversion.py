"""Turn a checkpoint of other people into a safetensors file that says whose it is.

The tensors keep their names and values, so the file is still read through spandrel.
"""

from __future__ import annotations

from pathlib import Path

from srcli.errors import CorruptWeights
from srcli.weights.catalog.card import WeightCard
from srcli.weights.formats.checkpoint import ORIGIN_KEY
from srcli.weights.formats.importer import check_finite
from srcli.weights.formats.spandrel_networks import (
    CommunityNetwork,
    load_community,
    read_community_tensors,
)
from srcli.weights.formats.tensor_file import write_tensors
from srcli.weights.providers.cache import keep


def convert(original: Path, target: Path, source: WeightCard) -> None:
    """Write ``target`` with the tensors of ``original``, and seal it.

    Nothing in the original is run. Both files are loaded, and their networks compared.

    Raises:
        MissingExtra: spandrel is not installed.
        CorruptWeights: it is not the network that ``source`` describes, has values that are not
            finite, or does not come out of the conversion unchanged.
        OSError: the result cannot be written.

    """
    network = load_community(original)
    if network.traits.scale != source.scale:
        msg = f"{original} enlarges {network.traits.scale} times, not {source.scale} times."
        raise CorruptWeights(msg)
    check_finite(original, network.named_parameters())
    made = target.with_name(f".{source.id}.new.safetensors")
    try:
        write_tensors(made, read_community_tensors(original), _texts(source))
        _compare(original, network, load_community(made))
        keep(made, target)
    finally:
        made.unlink(missing_ok=True)


def _texts(source: WeightCard) -> dict[str, str]:
    origin = f"converted from {source.file}, sha256 {source.sha256}"
    if not source.author:
        return {ORIGIN_KEY: origin}
    return {
        ORIGIN_KEY: f"{source.attribution}; {origin}",
        "author": source.author,
        "licence": source.licence,
    }


def _compare(original: Path, network: CommunityNetwork, converted: CommunityNetwork) -> None:
    before, after = network.state_dict(), converted.state_dict()
    if before.keys() != after.keys() or any(not before[key].equal(after[key]) for key in before):
        msg = f"{original} cannot be converted to safetensors: the networks differ."
        raise CorruptWeights(msg)
