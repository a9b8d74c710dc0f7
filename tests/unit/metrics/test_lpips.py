"""LPIPS, against the values of the authors' package for weights that are drawn here.

Real weights are not needed for that: what a network computes does not depend on which they are.
"""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from srcli.errors import CorruptWeights, ImageError, MissingWeights
from srcli.files.digest import sha256_of
from srcli.metrics.catalog import EXTRA_METRICS
from srcli.metrics.lpips import ALEX, VGG, Lpips
from srcli.metrics.protocol import reduce_for, score
from srcli.pixels.resize import resize_uint8
from srcli.weights.formats.lpips_files import LPIPS_FILES, KnownFile, load_lpips

GOLDEN = Path(__file__).parents[2] / "golden" / "protocol"
EXPECTED = json.loads((GOLDEN / "lpips.json").read_text())["values"]
FEATURES = {"alex": ALEX, "vgg": VGG}
SIZES = {
    "alex": {
        0: (64, 3, 11),
        3: (192, 64, 5),
        6: (384, 192, 3),
        8: (256, 384, 3),
        10: (256, 256, 3),
    },
    "vgg": {
        0: (64, 3, 3),
        2: (64, 64, 3),
        5: (128, 64, 3),
        7: (128, 128, 3),
        10: (256, 128, 3),
        **dict.fromkeys((12, 14), (256, 256, 3)),
        17: (512, 256, 3),
        **dict.fromkeys((19, 21, 24, 26, 28), (512, 512, 3)),
    },
}
"""Output channels, input channels and side of each convolution of torchvision's networks."""


def drawn_trunk(name: str) -> dict[str, torch.Tensor]:
    random = np.random.default_rng(7)
    trunk = {}
    for n, (outputs, inputs, side) in SIZES[name].items():
        weight = random.standard_normal((outputs, inputs, side, side), dtype=np.float32)
        weight *= np.float32((2 / (inputs * side * side)) ** 0.5)
        trunk[f"features.{n}.weight"] = torch.from_numpy(weight)
        bias = random.standard_normal(outputs, dtype=np.float32) * np.float32(0.1)
        trunk[f"features.{n}.bias"] = torch.from_numpy(bias)
    return trunk


def drawn_heads(name: str) -> dict[str, torch.Tensor]:
    random = np.random.default_rng(8)
    heads = {}
    for at, stage in enumerate(FEATURES[name].stages):
        weights = random.random((1, SIZES[name][stage[-1]][0], 1, 1), dtype=np.float32)
        heads[f"lin{at}.model.1.weight"] = torch.from_numpy(weights)
    return heads


def drawn(name: str) -> Lpips:
    return Lpips(FEATURES[name], drawn_trunk(name), drawn_heads(name))


def pair(case: str) -> tuple[torch.Tensor, torch.Tensor]:
    """SR and HR in [0, 1] of a case such as ``head x3 97 95``."""
    name, scale, rows, columns = case.split()
    with Image.open(GOLDEN / f"{name}.png") as file:
        picture = torch.from_numpy(np.array(file)).permute(2, 0, 1)[None]
    lr, hr = reduce_for(picture, int(scale[1:]))
    sr = resize_uint8(lr, (hr.shape[2], hr.shape[3]))
    part = (..., slice(0, int(rows)), slice(0, int(columns)))
    return sr[part].float() / 255, hr[part].float() / 255


@pytest.mark.parametrize("case", EXPECTED)
def test_values_are_those_of_the_authors_package(case):
    name, _, rest = case.partition(" ")
    assert drawn(name)(*pair(rest)) == pytest.approx(EXPECTED[case], rel=1e-5)


@pytest.mark.parametrize("name", FEATURES)
def test_the_smallest_picture_has_a_value_and_a_perfect_one_has_none(name):
    measure, side = drawn(name), FEATURES[name].smallest
    sr, hr = torch.rand(2, 1, 3, side, side)
    assert measure(sr, hr) > 0
    assert measure(hr, hr) == 0
    with pytest.raises(RuntimeError, match="size is too small"):
        measure(sr[..., 1:], hr[..., 1:])


def test_it_is_measured_inside_the_border_of_the_bench():
    metric = replace(EXTRA_METRICS["lpips_alex"], measure=drawn("alex"))
    sr, hr = pair("head x3 97 95")
    levels = hr.mul(255).round().byte()
    found = score(sr, levels, 3, extra=(metric,))
    inside = (..., slice(3, -3), slice(3, -3))
    assert found.lpips_alex == pytest.approx(drawn("alex")(sr[inside], hr[inside]), rel=1e-5)
    assert found.lpips_vgg is None
    with pytest.raises(ImageError, match="too small for LPIPS"):
        score(sr[..., :36, :], levels[..., :36, :], 3, extra=(metric,))
    with pytest.raises(ValueError, match="no weights are given for LPIPS"):
        score(sr, levels, 3, extra=(EXTRA_METRICS["lpips_alex"],))


@pytest.fixture
def folder(tmp_path):
    torch.save({**drawn_trunk("alex"), "version": 1}, tmp_path / "alexnet-owt-7be5be79.pth")
    torch.save(drawn_heads("alex"), tmp_path / "alex.pth")
    return tmp_path


def known(folder):
    files = LPIPS_FILES["lpips_alex"]
    trunk, heads = (
        KnownFile(name=one.name, sha256=sha256_of(folder / one.name)) for one in files.all
    )
    return replace(files, trunk=replace(trunk, sha256=trunk.sha256[:8]), heads=heads)


def test_weights_are_read_from_a_folder(folder):
    sr, hr = pair("butterfly x2 96 96")
    found = load_lpips(folder, known(folder))(sr, hr)
    assert found == pytest.approx(EXPECTED["alex butterfly x2 96 96"], rel=1e-5)


def test_only_published_weights_are_taken(folder):
    with pytest.raises(CorruptWeights, match="is not the published file") as error:
        load_lpips(folder, LPIPS_FILES["lpips_alex"])
    assert "7be5be79" in error.value.hint
    with pytest.raises(MissingWeights, match=r"vgg16-397923af\.pth"):
        load_lpips(folder, LPIPS_FILES["lpips_vgg"])
    torch.save(drawn_heads("alex"), folder / "alexnet-owt-7be5be79.pth")
    with pytest.raises(CorruptWeights, match=r"have no 'features\.0\.weight'"):
        load_lpips(folder, known(folder))
