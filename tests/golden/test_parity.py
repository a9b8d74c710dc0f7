"""CSNLN, PANet and SAN against outputs recorded from the authors' code.

No weights are stored: both sides fill every entry from the checksum of its name (see
``filled``). PANet's files that end in ``moderninterp`` are what the authors' code gives on
today's PyTorch, whose resize differs; they must not match.
"""

from __future__ import annotations

import gzip
import json
import math
import re
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from srcli.engine.device import Compute
from srcli.engine.network_runner import NetworkRunner, UpscaleOptions
from srcli.engine.progress import SilentProgress
from srcli.engine.recursion import Pass
from srcli.networks import csnln, panet, san
from srcli.networks.blocks.covariance import (
    SecondOrderChannelAttention,
    centre_crop,
    covariance,
    square_root,
)
from srcli.networks.blocks.cross_scale import CrossScaleAttention
from srcli.networks.blocks.nonlocal_attention import InScaleAttention, RegionNonLocal
from srcli.networks.blocks.pyramid import PyramidAttention
from srcli.networks.spec import SrNetwork

FOLDER = Path(__file__).parent / "parity"
TOLERANCE = 5e-5
"""Of the standard deviation of the recorded output."""
UNUSED = ("escape_NaN", "soca.conv_du")


def recorded(name: str) -> dict[str, Tensor]:
    with np.load(FOLDER / f"{name}.npz") as arrays:
        return {key: torch.from_numpy(arrays[key]) for key in arrays.files}


def distance(output: Tensor, expected: Tensor) -> float:
    return float((output - expected).abs().max() / expected.std())


def filled(network: SrNetwork, gain: Callable[[str], float], attention: str = "") -> SrNetwork:
    """Fill the parameters; slopes and mean shifts keep their first values.

    ``attention`` is the name of PANet's attention in our body; the authors' other name for it
    is the one that was filled last.
    """
    slopes = {f"{name}.weight" for name, m in network.named_modules() if isinstance(m, nn.PReLU)}
    for name, tensor in network.state_dict().items():
        if name in slopes or name.startswith(("sub_mean", "add_mean")):
            continue
        if name == "gamma":
            tensor.fill_(0.2)
            continue
        theirs = re.sub(rf"^{attention}\.", "msa.", name) if attention else name
        generator = torch.Generator().manual_seed(zlib.crc32(theirs.encode()))
        noise = torch.randn(tensor.shape, generator=generator)
        factor = gain(name) / math.sqrt(tensor[0].numel()) if tensor.ndim > 1 else 0.01
        tensor.copy_(noise * factor)
    return network.eval()


def san_gain(name: str) -> float:
    special = {"head.0.weight": 0.5 / 64, "tail.1.weight": 32.0}
    return special.get(name, 4.0 if ".soca.conv_du." in name else 0.5)


def assert_equal_to_the_recorded(network: SrNetwork, name: str, *, rgb_range: float = 1.0) -> None:
    arrays = recorded(name)
    cases = [key.removeprefix("input") for key in arrays if key.startswith("input")]
    assert cases
    for case in cases:
        with torch.inference_mode():
            output = network(arrays[f"input{case}"] / rgb_range) * rgb_range
        assert distance(output, arrays[f"output{case}"]) <= TOLERANCE


@pytest.mark.parametrize(("scale", "gain"), [(2, 1.15), (3, 1.10), (4, 1.05)])
def test_csnln_gives_the_authors_numbers(scale: int, gain: float) -> None:
    network = csnln.Csnln(csnln.CsnlnConfig(scale=scale, recurrences=2))
    assert_equal_to_the_recorded(filled(network, lambda _: gain), f"csnln_x{scale}_depth2")


def small_panet(scale: int) -> SrNetwork:
    network = panet.Panet(panet.PanetConfig(scale=scale, blocks=4))
    return filled(network, lambda _: 1.0, attention="body.2")


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_panet_gives_the_authors_numbers(scale: int) -> None:
    assert_equal_to_the_recorded(small_panet(scale), f"panet_x{scale}_rb4")


def test_panet_does_not_give_the_numbers_of_the_other_resize() -> None:
    right, wrong = recorded("panet_x2_rb4"), recorded("panet_x2_rb4_moderninterp")
    network = small_panet(2)
    for case in "01":
        with torch.inference_mode():
            output = network(right[f"input{case}"])
        assert distance(output, wrong[f"output{case}"]) > 0.1


@pytest.mark.parametrize("scale", [2, 3, 4, 8])
def test_san_gives_the_authors_numbers(scale: int) -> None:
    network = san.San(san.SanConfig(scale=scale, groups=2, blocks=2))
    name = f"san_x{scale}_g2b2_gamma0.2"
    assert_equal_to_the_recorded(filled(network, san_gain), name, rgb_range=255.0)


def with_weights(module: nn.Module, arrays: dict[str, Tensor]) -> nn.Module:
    weights = {key[2:]: tensor for key, tensor in arrays.items() if key.startswith("w:")}
    used = {key for key in weights if not key.startswith(UNUSED)}
    module.load_state_dict({key: weights[key] for key in used})
    return module.eval()


@pytest.mark.parametrize(
    ("name", "module"),
    [
        ("csnl_attention_s2", CrossScaleAttention(16, 2)),
        ("csnl_attention_s3", CrossScaleAttention(16, 3)),
        ("isnl_attention", InScaleAttention(16)),
        ("pyramid_attention_sr", PyramidAttention(32, reduction=8, residual_scale=0.1)),
        ("pyramid_attention_ir", PyramidAttention(16, reduction=2, residual_scale=1.0)),
    ],
)
def test_an_attention_gives_the_authors_numbers(name: str, module: nn.Module) -> None:
    arrays = recorded(f"module_{name}")
    with torch.inference_mode():
        output = with_weights(module, arrays)(arrays["input"])
    assert distance(output, arrays["output"]) <= TOLERANCE


def test_pyramid_attention_does_not_give_the_numbers_of_the_other_resize() -> None:
    arrays = recorded("module_pyramid_attention_sr")
    module = with_weights(PyramidAttention(32, reduction=8, residual_scale=0.1), arrays)
    with torch.inference_mode():
        assert distance(module(arrays["input"]), arrays["output_moderninterp"]) > 0.1


@pytest.mark.parametrize("case", [0, 1])
def test_the_region_non_local_gives_the_authors_numbers(case: int) -> None:
    arrays = recorded("module_rlnl")
    module = with_weights(RegionNonLocal(16, reduction=4), arrays)
    with torch.inference_mode():
        output = module(arrays[f"input{case}"])
    assert distance(output, arrays[f"output{case}"]) <= TOLERANCE


@pytest.mark.parametrize("case", [0, 1, 2, 3])
def test_second_order_attention_gives_the_authors_statistics(case: int) -> None:
    arrays = recorded("module_soca")
    hidden = len(arrays["w:conv_du.0.weight"])
    module = SecondOrderChannelAttention(8, reduction=8 // hidden)
    module.load_state_dict({k[2:]: v for k, v in arrays.items() if k.startswith("w:")})
    features = arrays[f"input{case}"]
    matrix = covariance(centre_crop(features))
    with torch.inference_mode():
        gate = module.conv_du(square_root(matrix).mean(1)[..., None, None])
        output = module(features)
    assert distance(matrix, arrays[f"cov{case}"]) <= TOLERANCE
    assert distance(square_root(matrix), arrays[f"sqrtm{case}"]) <= TOLERANCE
    assert distance(gate, arrays[f"gate{case}"]) <= TOLERANCE
    torch.testing.assert_close(output, features * arrays[f"gate{case}"], rtol=1e-5, atol=1e-5)


PAPER = {
    "csnln": (csnln.SPEC, csnln.UNUSED, r"^$"),
    "panet": (panet.SPEC, panet.UNUSED, r"msa\..*"),
    "san": (san.SPEC, san.UNUSED, r"^$"),
}


@pytest.mark.parametrize(
    ("name", "scale"),
    [(n, s) for n, (spec, _, _) in PAPER.items() for s in spec.scales],
)
def test_names_and_shapes_are_the_authors_without_what_they_do_not_use(
    name: str, scale: int
) -> None:
    spec, unused, second_name = PAPER[name]
    with gzip.open(FOLDER / "upstream_keys.json.gz", "rt") as file:
        theirs = json.load(file)[f"{name}_x{scale}"]
    left_out = re.compile("|".join([*unused, second_name]))
    with torch.device("meta"):
        ours = spec.build(spec.configure("paper", scale)).state_dict()
    assert {key: list(tensor.shape) for key, tensor in ours.items()} == {
        key: shape for key, shape in theirs.items() if not left_out.fullmatch(key)
    }


def through_engine(network: SrNetwork, image: Tensor, *, ensemble: bool, tiles: bool) -> Tensor:
    """Run one pass without the clamp that follows it: recorded values leave [0, 1]."""
    options = UpscaleOptions(ensemble=ensemble, official_tiles=tiles)
    runner = NetworkRunner(network, Compute(device=torch.device("cpu")), options)
    scale = network.traits.scale or 1
    height, width = (scale * side for side in image.shape[2:])
    step = Pass(height=height, width=width, ratio=float(scale), scale=scale)
    with torch.inference_mode():
        output = torch.full((1, 3, height, width), torch.nan)
        runner.run_pass(image, step, lambda r, part: r.of(output).copy_(part), SilentProgress())
        return output


@pytest.mark.parametrize(
    ("name", "make", "rgb_range"),
    [
        (
            "csnln_x2_depth1",
            lambda: filled(csnln.Csnln(csnln.CsnlnConfig(scale=2, recurrences=1)), lambda _: 1.15),
            1.0,
        ),
        ("panet_x2_rb4", lambda: small_panet(2), 1.0),
        (
            "san_x2_g2b2",
            lambda: filled(san.San(san.SanConfig(scale=2, groups=2, blocks=2)), san_gain),
            255.0,
        ),
    ],
)
def test_official_tiles_and_the_ensemble_give_the_authors_numbers(
    name: str, make: Callable[[], SrNetwork], rgb_range: float
) -> None:
    network, arrays = make(), recorded(f"{name}_chop_ensemble")
    for kind, options in (
        ("chop", {"ensemble": False, "tiles": True}),
        ("ens", {"ensemble": True, "tiles": False}),
    ):
        output = through_engine(network, arrays[f"{kind}_input"] / rgb_range, **options)
        assert distance(output * rgb_range, arrays[f"{kind}_output"]) <= TOLERANCE
    whole = through_engine(network, arrays["chop_input"] / rgb_range, ensemble=False, tiles=False)
    assert distance(whole * rgb_range, arrays["chop_output"]) > TOLERANCE
