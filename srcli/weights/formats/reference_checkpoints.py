"""Recognise and convert the checkpoints of networks' authors.

Their files are state dicts. Network, scale, depth, width and value range are read from names and
shapes; what the authors' code keeps but never reads is left out, anything else that does not fit
is refused with a list.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from srcli.errors import CorruptWeights, listed
from srcli.networks import csnln, panet, san
from srcli.networks.blocks.patch_attention import NORM_FLOOR
from srcli.weights.formats import baseline_checkpoints
from srcli.weights.formats.checkpoint_layout import (
    Config,
    Layout,
    State,
    count,
    rgb_range,
    shape_of,
    upsampler_scale,
)
from srcli.weights.formats.size_guard import is_filled
from srcli.weights.formats.torch_checkpoint import read_pickle

PARALLEL = "module."
"""What PyTorch's parallel training puts before every name."""
IMPORTED = "CARN, CSNLN, DBPN, EDSR, IMDN, LIIF, Meta-SR, PANet, RDN, RLFN and SAN"


@dataclass(frozen=True, slots=True, kw_only=True)
class Upstream:
    """What a file of the authors holds: a network of the catalogue and its configuration."""

    network: str
    config: Config


def read(path: Path) -> dict[str, Tensor]:
    """Read a ``.pt`` or ``.pth`` file without running anything in it.

    Returns:
        The entries, on the CPU.

    Raises:
        CorruptWeights: if it cannot be read, holds anything but named tensors, or would have
            to run code.

    """
    state = _weights_of(read_pickle(path))
    if not isinstance(state, dict) or not all(map(_is_entry, state.items())):
        msg = f"{path} holds something other than named tensors."
        hint = "Only a plain state dict, as the networks' authors publish it, can be imported."
        raise CorruptWeights(msg, hint=hint)
    return {name.removeprefix(PARALLEL): tensor for name, tensor in state.items()}


def _weights_of(content: object) -> object:
    """Return the state dict of a file; that of LIIF's is in an entry, beside how it was trained."""
    model = content.get("model") if isinstance(content, dict) else None
    return model["sd"] if isinstance(model, dict) and "sd" in model else content


def _is_entry(item: tuple[object, object]) -> bool:
    """Accept a name and a floating-point tensor that its own storage fills."""
    name, tensor = item
    return (
        isinstance(name, str)
        and isinstance(tensor, Tensor)
        and tensor.is_floating_point()
        and is_filled(tensor)
    )


def identify(state: State, scale: int | None = None) -> Upstream:
    """Tell which network a state dict belongs to, from names and shapes alone.

    Args:
        state: the authors' entries.
        scale: which scale to read, if the file holds the weights of several; the largest that
            they were trained for if None.

    Raises:
        CorruptWeights: if it is none of them, lacks an entry that says how large it is, or has
            no weights for ``scale``.

    """
    for layout in _LAYOUTS.values():
        if layout.knows(state):
            config = layout.configure(state, scale)
            if scale not in {None, config.scale}:
                msg = f"The checkpoint enlarges {config.scale} times, not {scale} times."
                raise CorruptWeights(msg)
            return Upstream(network=layout.spec.name, config=config)
    found = listed(sorted(state)) or "no entry"
    msg = f"The checkpoint is of none of the networks that can be imported: it has {found}."
    raise CorruptWeights(msg, hint=f"Files of the authors of {IMPORTED} can be imported.")


def published_as(upstream: Upstream) -> str:
    """Return the id of the model that its authors published in this size; empty if of another.

    The id of a network's preset ``paper`` is the network's name. Their CSNLN recurs 12 times in
    the paper and 7 in a file, so it may recur as it likes.
    """
    config, layout = upstream.config, _LAYOUTS[upstream.network]
    for preset in layout.published:
        published = layout.spec.configure(preset, config.scale)
        if isinstance(config, csnln.CsnlnConfig):
            published = replace(published, recurrences=config.recurrences)
        if config == published:
            family = layout.spec.name if preset == "paper" else f"{layout.spec.name}-{preset}"
            return f"{family}-x{config.scale}"
    return ""


def convert(state: State, upstream: Upstream) -> dict[str, Tensor]:
    """Return the state dict of our network, float32.

    Args:
        state: the authors' entries.
        upstream: what ``identify`` found in it.

    Raises:
        CorruptWeights: listing what is missing, extra or of the wrong shape.

    """
    layout = _LAYOUTS[upstream.network]
    renamed = layout.rename(state, upstream.config)
    with torch.device("meta"):
        expected = layout.spec.build(upstream.config).state_dict()
    kept = {name: tensor for name, tensor in renamed.items() if not layout.drops(name)}
    faults = [
        _fault("missing", expected.keys() - kept.keys()),
        _fault("extra", kept.keys() - expected.keys()),
        _fault("of the wrong shape", _misshapen(kept, expected)),
        _fault("not the constant 0.0001", _changed_constants(renamed)),
    ]
    if any(faults):
        found = listed(filter(None, faults), between="; ")
        msg = f"The checkpoint is not a {upstream.network} x{upstream.config.scale}: {found}."
        raise CorruptWeights(msg)
    return {name: kept[name].float().contiguous().clone() for name in expected}


def _misshapen(kept: State, expected: State) -> list[str]:
    return [
        f"{name} {tuple(kept[name].shape)} instead of {tuple(tensor.shape)}"
        for name, tensor in expected.items()
        if name in kept and kept[name].shape != tensor.shape
    ]


def _changed_constants(state: State) -> list[str]:
    return [
        name
        for name, tensor in state.items()
        if name.endswith(".escape_NaN")
        and not torch.allclose(tensor.float(), torch.tensor(NORM_FLOOR), rtol=1e-3, atol=0)
    ]


def _fault(kind: str, names: Iterable[str]) -> str:
    found = listed(sorted(names))
    return f"{kind}: {found}" if found else ""


def _csnln(state: State, _scale: int | None) -> csnln.CsnlnConfig:
    channels = shape_of(state, "head.0.0.weight")[0]
    kernel = shape_of(state, "SEM.down_sample_1.0.weight")[-1]
    twice = any(name.startswith("SEM.multi_source_projection_2.") for name in state)
    return csnln.CsnlnConfig(
        scale=4 if twice else 3 if kernel == 9 else 2,  # noqa: PLR2004 - 3 x the factor
        recurrences=max(1, shape_of(state, "tail.0.weight")[1] // channels),
        channels=channels,
        rgb_range=rgb_range(state),
    )


def _san(state: State, _scale: int | None) -> san.SanConfig:
    channels = shape_of(state, "head.0.weight")[0]
    return san.SanConfig(
        scale=upsampler_scale(state),
        groups=count(state, r"RG\.(\d+)\."),
        blocks=count(state, r"RG\.0\.rcab\.(\d+)\."),
        channels=channels,
        squeeze=_squeeze(channels, shape_of(state, "RG.0.soca.conv_du.0.weight")),
        nonlocal_squeeze=_squeeze(channels, shape_of(state, "non_local.non_local.theta.weight")),
        rgb_range=rgb_range(state),
    )


def _panet(state: State, _scale: int | None) -> panet.PanetConfig:
    channels, blocks = _panet_size(state)
    return panet.PanetConfig(
        scale=upsampler_scale(state),
        blocks=blocks,
        channels=channels,
        reduction=_panet_reduction(state, channels),
        rgb_range=rgb_range(state),
    )


def _restoration(state: State, _scale: int | None) -> panet.RestorationConfig:
    channels, blocks = _panet_size(state)
    return panet.RestorationConfig(
        blocks=blocks,
        channels=channels,
        reduction=_panet_reduction(state, channels),
        colors=shape_of(state, "head.0.weight")[1],
    )


def _panet_size(state: State) -> tuple[int, int]:
    return shape_of(state, "head.0.weight")[0], count(state, r"body\.(\d+)\.body\.0\.weight$")


def _panet_reduction(state: State, channels: int) -> int:
    name = f"body.{_panet_size(state)[1] // 2}.conv_match.0.weight"
    return _squeeze(channels, shape_of(state, name if name in state else "msa.conv_match.0.weight"))


def _squeeze(channels: int, kernel: torch.Size) -> int:
    """Reduction of a layer that takes ``channels`` down; at most one channel is left."""
    return max(1, min(channels, channels // kernel[0]))


def _one_name(state: State, _config: Config) -> State:
    """Drop PANet's second name of its attention; the one in the body wins."""
    attention = f"body.{_panet_size(state)[1] // 2}."
    renamed = {
        attention + name.removeprefix("msa."): tensor
        for name, tensor in state.items()
        if name.startswith("msa.")
    }
    rest = {name: tensor for name, tensor in state.items() if not name.startswith("msa.")}
    return {**renamed, **rest}


def _one_slope(state: State, _config: Config) -> State:
    """Keep the slope that all residual blocks share once; differing ones stay, as extras."""
    pattern = re.compile(r"body\.\d+\.body\.1\.weight")
    slopes = {name: tensor for name, tensor in state.items() if pattern.fullmatch(name)}
    if not slopes:
        return state
    first = next(iter(slopes.values()))
    shared = {name for name, tensor in slopes.items() if torch.equal(tensor, first)}
    kept = {name: tensor for name, tensor in state.items() if name not in shared}
    return {"activation.weight": first, **kept}


_ATTENTION = r".*\.conv_match_L_base\."

_LAYOUTS: Mapping[str, Layout] = {
    layout.spec.name: layout
    for layout in (
        Layout(spec=csnln.SPEC, marks=(r"SEM\.",), configure=_csnln, unused=csnln.UNUSED),
        Layout(spec=san.SPEC, marks=(r"RG\.",), configure=_san, unused=san.UNUSED),
        Layout(
            spec=panet.RESTORATION_SPEC,
            marks=(_ATTENTION, r"tail\.0\.weight$"),
            configure=_restoration,
            unused=panet.RESTORATION_UNUSED,
            rename=_one_slope,
        ),
        Layout(
            spec=panet.SPEC,
            marks=(_ATTENTION,),
            configure=_panet,
            unused=panet.UNUSED,
            rename=_one_name,
        ),
        *baseline_checkpoints.LAYOUTS,
    )
}
"""In the order in which they are tried."""
