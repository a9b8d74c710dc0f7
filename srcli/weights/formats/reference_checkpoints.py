"""Recognise and convert the checkpoints of the authors of CSNLN, PANet and SAN.

Their files are bare state dicts. Network, scale, depth, width and value range are read from
names and shapes; what the authors' code keeps but never reads is left out, anything else that
does not fit is refused with a list.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from srcli.errors import CorruptWeights, listed
from srcli.networks import csnln, panet, san
from srcli.networks.blocks.patch_attention import NORM_FLOOR
from srcli.networks.spec import AnySpec
from srcli.weights.formats.size_guard import is_filled
from srcli.weights.formats.torch_checkpoint import read_pickle

State = Mapping[str, Tensor]
Config = csnln.CsnlnConfig | panet.PanetConfig | panet.RestorationConfig | san.SanConfig

KERNEL_RANK = 4
EIGHT_BIT_RANGE = 255.0
EIGHT_BIT_BIAS = 10.0
"""A mean shift beyond this belongs to 0..255, not to 0..1."""


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
    state = read_pickle(path)
    if not isinstance(state, dict) or not all(map(_is_entry, state.items())):
        msg = f"{path} holds something other than named tensors."
        hint = "Only a plain state dict, as the networks' authors publish it, can be imported."
        raise CorruptWeights(msg, hint=hint)
    return state


def _is_entry(item: tuple[object, object]) -> bool:
    """Accept a name and a floating-point tensor that its own storage fills."""
    name, tensor = item
    return (
        isinstance(name, str)
        and isinstance(tensor, Tensor)
        and tensor.is_floating_point()
        and is_filled(tensor)
    )


def identify(state: State) -> Upstream:
    """Tell which network a state dict belongs to, from names and shapes alone.

    Raises:
        CorruptWeights: if it is none of them, or lacks an entry that says how large it is.

    """
    if any(name.startswith("SEM.") for name in state):
        return Upstream(network=csnln.SPEC.name, config=_csnln(state))
    if any(name.startswith("RG.") for name in state):
        return Upstream(network=san.SPEC.name, config=_san(state))
    if any(".conv_match_L_base." in name for name in state):
        if "tail.0.weight" in state:
            return Upstream(network=panet.RESTORATION_SPEC.name, config=_restoration(state))
        return Upstream(network=panet.SPEC.name, config=_panet(state))
    found = listed(sorted(state)) or "no entry"
    msg = f"The checkpoint is neither CSNLN, PANet nor SAN: it has {found}."
    raise CorruptWeights(msg, hint="These three networks can be imported from the authors' files.")


def is_as_published(upstream: Upstream) -> bool:
    """Tell whether a network is of the size that its authors published.

    Their CSNLN recurs 12 times in the paper and 7 in a file, so it may recur as it likes.
    """
    config = upstream.config
    published = _LAYOUTS[upstream.network].spec.configure("paper", config.scale)
    if isinstance(config, csnln.CsnlnConfig):
        published = replace(published, recurrences=config.recurrences)
    return bool(config == published)


def convert(state: State, upstream: Upstream) -> dict[str, Tensor]:
    """Return the state dict of our network, float32.

    Args:
        state: the authors' entries.
        upstream: what ``identify`` found in it.

    Raises:
        CorruptWeights: listing what is missing, extra or of the wrong shape.

    """
    layout = _LAYOUTS[upstream.network]
    renamed = layout.rename(state)
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


def _shape(state: State, name: str) -> torch.Size:
    """Shape of a convolution's kernel that must be there."""
    if name not in state:
        msg = f"The checkpoint is missing: {name}."
        raise CorruptWeights(msg)
    shape = state[name].shape
    if len(shape) != KERNEL_RANK or 0 in shape:
        msg = f"The checkpoint has an entry of the wrong shape: {name} {tuple(shape)}."
        raise CorruptWeights(msg)
    return shape


def _count(state: State, pattern: str) -> int:
    """Count the distinct matches of the pattern's group among the names."""
    return len({found[1] for name in state if (found := re.match(pattern, name))})


def _rgb_range(state: State) -> float:
    bias = state.get("sub_mean.bias")
    large = bias is not None and bool((bias.abs() > EIGHT_BIT_BIAS).any())
    return EIGHT_BIT_RANGE if large else 1.0


def _upsampler_scale(state: State) -> int:
    shape = _shape(state, "tail.0.0.weight")
    if shape[0] == 9 * shape[1]:
        return 3
    return 1 << _count(state, r"tail\.0\.(\d+)\.weight$")


def _csnln(state: State) -> csnln.CsnlnConfig:
    channels = _shape(state, "head.0.0.weight")[0]
    kernel = _shape(state, "SEM.down_sample_1.0.weight")[-1]
    twice = any(name.startswith("SEM.multi_source_projection_2.") for name in state)
    return csnln.CsnlnConfig(
        scale=4 if twice else 3 if kernel == 9 else 2,  # noqa: PLR2004 - 3 x the factor
        recurrences=max(1, _shape(state, "tail.0.weight")[1] // channels),
        channels=channels,
        rgb_range=_rgb_range(state),
    )


def _san(state: State) -> san.SanConfig:
    channels = _shape(state, "head.0.weight")[0]
    return san.SanConfig(
        scale=_upsampler_scale(state),
        groups=_count(state, r"RG\.(\d+)\."),
        blocks=_count(state, r"RG\.0\.rcab\.(\d+)\."),
        channels=channels,
        squeeze=_squeeze(channels, _shape(state, "RG.0.soca.conv_du.0.weight")),
        nonlocal_squeeze=_squeeze(channels, _shape(state, "non_local.non_local.theta.weight")),
        rgb_range=_rgb_range(state),
    )


def _panet(state: State) -> panet.PanetConfig:
    channels, blocks = _panet_size(state)
    return panet.PanetConfig(
        scale=_upsampler_scale(state),
        blocks=blocks,
        channels=channels,
        reduction=_panet_reduction(state, channels),
        rgb_range=_rgb_range(state),
    )


def _restoration(state: State) -> panet.RestorationConfig:
    channels, blocks = _panet_size(state)
    return panet.RestorationConfig(
        blocks=blocks,
        channels=channels,
        reduction=_panet_reduction(state, channels),
        colors=_shape(state, "head.0.weight")[1],
    )


def _panet_size(state: State) -> tuple[int, int]:
    return _shape(state, "head.0.weight")[0], _count(state, r"body\.(\d+)\.body\.0\.weight$")


def _panet_reduction(state: State, channels: int) -> int:
    name = f"body.{_panet_size(state)[1] // 2}.conv_match.0.weight"
    return _squeeze(channels, _shape(state, name if name in state else "msa.conv_match.0.weight"))


def _squeeze(channels: int, kernel: torch.Size) -> int:
    """Reduction of a layer that takes ``channels`` down; at most one channel is left."""
    return max(1, min(channels, channels // kernel[0]))


def _unchanged(state: State) -> State:
    return state


def _one_name(state: State) -> State:
    """Drop PANet's second name of its attention; the one in the body wins."""
    attention = f"body.{_panet_size(state)[1] // 2}."
    renamed = {
        attention + name.removeprefix("msa."): tensor
        for name, tensor in state.items()
        if name.startswith("msa.")
    }
    rest = {name: tensor for name, tensor in state.items() if not name.startswith("msa.")}
    return {**renamed, **rest}


def _one_slope(state: State) -> State:
    """Keep the slope that all residual blocks share once; differing ones stay, as extras."""
    pattern = re.compile(r"body\.\d+\.body\.1\.weight")
    slopes = {name: tensor for name, tensor in state.items() if pattern.fullmatch(name)}
    if not slopes:
        return state
    first = next(iter(slopes.values()))
    shared = {name for name, tensor in slopes.items() if torch.equal(tensor, first)}
    kept = {name: tensor for name, tensor in state.items() if name not in shared}
    return {"activation.weight": first, **kept}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Layout:
    """How the authors' names become ours: renaming first, then the unused are dropped."""

    spec: AnySpec
    unused: tuple[str, ...]
    rename: Callable[[State], State] = _unchanged

    def drops(self, name: str) -> bool:
        return any(re.fullmatch(pattern, name) for pattern in self.unused)


_LAYOUTS: dict[str, _Layout] = {
    layout.spec.name: layout
    for layout in (
        _Layout(spec=csnln.SPEC, unused=csnln.UNUSED),
        _Layout(spec=san.SPEC, unused=san.UNUSED),
        _Layout(spec=panet.SPEC, unused=panet.UNUSED, rename=_one_name),
        _Layout(spec=panet.RESTORATION_SPEC, unused=panet.RESTORATION_UNUSED, rename=_one_slope),
    )
}
