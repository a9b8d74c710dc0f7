"""Self-describing weights files: safetensors whose header rebuilds the network."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, get_type_hints

import torch
from torch import Tensor

from srcli.errors import CorruptWeights, listed, sentence
from srcli.networks.catalog import NETWORKS
from srcli.networks.spec import SrNetwork
from srcli.weights.formats import onnx_file
from srcli.weights.formats.size_guard import bounded_by
from srcli.weights.formats.tensor_file import read_metadata, read_tensors, write_tensors

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

SUFFIX = ".safetensors"
HEADER_KEY = "srcli"
ORIGIN_KEY = "srcli_origin"
"""In the header of a file that srcli converted: whose network it is, and from which file."""
FORMAT = 1
LONGEST_ORIGIN = 10_000
"""The longest free text of a header, in characters."""
LARGEST_SETTING = 4096
"""No number in a network's configuration is larger."""
WRITTEN: Mapping[type, tuple[type, ...]] = {bool: (bool,), int: (int,), float: (int, float)}
"""What a setting of each type may be in JSON; to Python, true is a whole number as well."""
UNFIT = (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)
"""What a network raises that is built from a configuration that makes no sense."""


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


def count_parameters(network: SrNetwork) -> int:
    """Return how many parameters a network has; those of ONNX files are none of PyTorch's."""
    from srcli.weights.formats.onnx_network import OnnxNetwork

    if isinstance(network, OnnxNetwork):
        return network.parameter_count
    return sum(parameter.numel() for parameter in network.parameters())


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
    write_tensors(path, state, {HEADER_KEY: json.dumps(described)})


def read_header(path: Path) -> Header:
    """Read what ``path`` says of itself.

    Raises:
        CorruptWeights: not a safetensors file, or not one of ours.

    """
    return _parse_header(path, read_metadata(path))


def load_model(path: Path) -> Model:
    """Rebuild the model of a weights file, on the CPU.

    Files of other tools are read where the extra ``community`` is installed, and ONNX files where
    the extra ``onnx`` is.

    Raises:
        WeightsUnavailable: a file of another tool, and the extra is missing.
        CorruptWeights: unreadable, or the tensors do not fit the network that the header names.

    """
    if is_foreign(path):
        return _load_foreign(path)
    header = read_header(path)
    state = read_tensors(path)
    network = _build(path, header, state.values())
    wanted = network.state_dict()
    problems = mismatches(wanted, state)
    if problems:
        msg = f"The tensors of {path} do not fit the network {header.network}."
        raise CorruptWeights(msg, hint=f"The differences are: {listed(problems, between='; ')}.")
    network.load_state_dict({k: v.to(wanted[k].dtype) for k, v in state.items()}, assign=True)
    return Model(header=header, network=network)


def is_foreign(path: Path) -> bool:
    """Tell whether a file does not describe itself as ours do.

    Raises:
        CorruptWeights: not a file that can be read.

    """
    return path.suffix.lower() != SUFFIX or HEADER_KEY not in read_metadata(path)


def _load_foreign(path: Path) -> Model:
    if path.suffix.lower() == onnx_file.SUFFIX:
        from srcli.weights.formats.onnx_network import load_onnx

        onnx = load_onnx(path)
        return Model(header=Header(network="onnx", config=onnx.config), network=onnx)
    from srcli.weights.formats.spandrel_networks import load_community

    network = load_community(path)
    texts = read_metadata(path) if path.suffix.lower() == SUFFIX else {}
    origin = texts.get(ORIGIN_KEY, "")[:LONGEST_ORIGIN]
    header = Header(network=network.config.architecture, config=network.config, origin=origin)
    return Model(header=header, network=network)


def mismatches(wanted: Mapping[str, Tensor], found: Mapping[str, Tensor]) -> list[str]:
    """Say which tensors are missing, extra or of the wrong shape or kind; nothing if all fit."""
    missing = [f"missing: {key}" for key in wanted if key not in found]
    extra = [f"extra: {key}" for key in found if key not in wanted]
    both = [(key, found[key], value) for key, value in wanted.items() if key in found]
    shapes = [
        f"{key} is {tuple(there.shape)}, not {tuple(value.shape)}"
        for key, there, value in both
        if there.shape != value.shape
    ]
    kinds = [
        f"{key} is of {there.dtype}"
        for key, there, value in both
        if there.is_floating_point() != value.is_floating_point()
    ]
    return missing + extra + shapes + kinds


def _check_settings(config: DataclassInstance) -> None:
    """Refuse numbers of another type, that are not positive (their default is let by), or giant."""
    kinds = get_type_hints(type(config))
    for field in fields(config):
        value = getattr(config, field.name)
        is_fit = isinstance(value, bool) or 0 < value <= LARGEST_SETTING or value == field.default
        if type(value) not in WRITTEN[kinds[field.name]] or not is_fit:
            _refuse(field.name, value)


def _refuse(name: str, value: object) -> NoReturn:
    msg = f"its {name} is {value!r:.40}"
    raise ValueError(msg)


def _build(path: Path, header: Header, tensors: Collection[Tensor]) -> SrNetwork:
    """Build the network without memory for its weights."""
    try:
        with torch.device("meta"), bounded_by(tensors, path):
            return NETWORKS[header.network].build(header.config)
    except UNFIT as error:
        msg = f"{path} has a header that does not describe a network."
        raise CorruptWeights(msg, hint=sentence(str(error))) from error


def _parse_header(path: Path, metadata: Mapping[str, str]) -> Header:
    if HEADER_KEY not in metadata:
        msg = f"{path} does not say which network it belongs to."
        hint = "Convert files of other tools with `srcli models import`."
        raise CorruptWeights(msg, hint=hint)
    try:
        described = json.loads(metadata[HEADER_KEY])
        spec = NETWORKS[described["network"]]
        config = spec.config(**described["config"])
        _check_settings(config)
        version, origin = described["format"], described["origin"]
        if not isinstance(origin, str) or len(origin) > LONGEST_ORIGIN:
            _refuse("origin", origin)
    except UNFIT as error:
        msg = f"{path} has a header that this version cannot read."
        raise CorruptWeights(msg, hint=sentence(str(error))) from error
    if version != FORMAT:
        msg = f"{path} has format {version}, but this srcli reads format {FORMAT}."
        raise CorruptWeights(msg, hint="Update srcli.")
    return Header(network=spec.name, config=config, origin=origin)
