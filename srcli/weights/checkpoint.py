"""Self-describing weights files: safetensors whose header rebuilds the network."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from srcli.errors import CorruptWeights
from srcli.networks.catalog import NETWORKS
from srcli.networks.spec import SrNetwork

HEADER_KEY = "srcli"
FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What a weights file says of itself.

    ``config`` is the network's own config dataclass; ``origin`` is free text: how the weights
    came to be.
    """

    network: str
    config: Any
    origin: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A network with its weights, and what it is."""

    header: Header
    network: SrNetwork


def save_model(path: Path, state: Mapping[str, Tensor], header: Header) -> None:
    """Write a weights file, whole or not at all.

    ``state`` is the state_dict of the network that ``header`` names.
    """
    described = {
        "format": FORMAT,
        "network": header.network,
        "config": asdict(header.config),
        "origin": header.origin,
    }
    tensors = {key: value.detach().cpu().contiguous() for key, value in state.items()}
    content = save(tensors, metadata={HEADER_KEY: json.dumps(described)})
    temporary = path.with_suffix(".part")
    temporary.write_bytes(content)
    temporary.replace(path)


def read_header(path: Path) -> Header:
    """Read what ``path`` says of itself.

    Raises:
        CorruptWeights: not a safetensors file, or not one of ours.

    """
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
    except (SafetensorError, OSError) as error:
        msg = f"{path} is not a safetensors file that can be read"
        raise CorruptWeights(msg, hint=str(error)) from error
    return _parse_header(path, metadata)


def load_model(path: Path) -> Model:
    """Rebuild the model of a weights file, on the CPU.

    Raises:
        CorruptWeights: unreadable, or the tensors do not fit the network that the header names.

    """
    header = read_header(path)
    with torch.device("meta"):
        network = NETWORKS[header.network].build(header.config)
    with safe_open(path, framework="pt") as file:
        state = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 - no mapping
    problems = mismatches(network.state_dict(), state)
    if problems:
        msg = f"the tensors of {path} do not fit the network {header.network}"
        raise CorruptWeights(msg, hint="; ".join(problems))
    network.load_state_dict(state, assign=True)
    return Model(header=header, network=network)


def mismatches(wanted: Mapping[str, Tensor], found: Mapping[str, Tensor]) -> list[str]:
    """Say which tensors are missing, extra or of the wrong shape; nothing if all fit."""
    missing = [f"missing: {key}" for key in wanted if key not in found]
    extra = [f"extra: {key}" for key in found if key not in wanted]
    shapes = [
        f"{key} is {tuple(found[key].shape)}, not {tuple(value.shape)}"
        for key, value in wanted.items()
        if key in found and found[key].shape != value.shape
    ]
    return missing + extra + shapes


def _parse_header(path: Path, metadata: Mapping[str, str]) -> Header:
    if HEADER_KEY not in metadata:
        msg = f"{path} does not say which network it belongs to"
        hint = "files of other tools are taken in with srcli models import"
        raise CorruptWeights(msg, hint=hint)
    try:
        described = json.loads(metadata[HEADER_KEY])
        spec = NETWORKS[described["network"]]
        config = spec.config(**described["config"])
        version, origin = described["format"], described["origin"]
    except (ValueError, KeyError, TypeError) as error:
        msg = f"{path} has a header that this version cannot read"
        raise CorruptWeights(msg, hint=str(error)) from error
    if version != FORMAT:
        msg = f"{path} has format {version}; this version reads format {FORMAT}"
        raise CorruptWeights(msg, hint="update srcli")
    return Header(network=spec.name, config=config, origin=origin)
