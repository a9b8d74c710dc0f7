"""Other people's architectures through the whole tool, with tiny networks of random weights."""

import importlib
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from srcli.weights.formats.checkpoint import load_model

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
architectures = importlib.import_module("architectures")
sys.path.pop(0)

pytestmark = pytest.mark.filterwarnings("ignore:torch.meshgrid")
EXACT = ["Compact", "DnCNN", "ESRGAN", "MoSR", "PLKSR", "SPAN", "SwiftSRGAN"]
"""Architectures whose tiles and whole are the same, but for the last bits."""
ALIKE = ["DAT", "DITN", "DRUNet", "FDAT", "FFTformer", "HAT", "KBNet", "MoESR", "NAFNet", "RCAN"]
ALIKE += ["RealCUGAN", "RealPLKSR", "RetinexFormer", "SAFMN", "Swin2SR", "SwinIR"]
"""Those of which 99.9 % of the samples of tiles and whole differ by a level of 255 at most."""


@pytest.fixture
def picture(tmp_path):
    """A picture of 16 bits with alpha, in which both change from left to right."""
    samples = np.random.default_rng(0).integers(0, 65536, (33, 34, 4), dtype=np.uint16)
    samples[..., 3] = np.linspace(0, 65535, 34).astype(np.uint16)
    cv2.imwrite(str(tmp_path / "in.png"), samples)
    return samples


@pytest.mark.parametrize("name", EXACT + ALIKE)
def test_a_deep_picture_with_alpha_is_enlarged_in_tiles_by_any_factor(
    srcli, picture, tmp_path, name
):
    torch.save({"params": architectures.tiny(name).state_dict()}, tmp_path / "tiny.pth")
    wanted = ("--model", "tiny.pth", "--scale", 2.7, "--tile", 32, "-o", "out.png")
    done = srcli("upscale", "in.png", *wanted)
    assert (done.returncode, done.stdout) == (0, "out.png\n"), done.stderr
    made = cv2.imread(str(tmp_path / "out.png"), cv2.IMREAD_UNCHANGED)
    assert (made.shape, made.dtype) == ((89, 92, 4), np.uint16)
    assert np.unique(made[..., :3] % 257).size > 1  # not eight bits, written twice
    alpha = made[..., 3].astype(int)
    assert alpha[:, 0].max() < 2000
    assert alpha[:, -1].min() > 63000
    del picture


@pytest.mark.parametrize("name", EXACT + ALIKE)
def test_tiles_make_what_the_whole_picture_makes(name):
    share, most = architectures.tiled(architectures.loaded(name), tile=32, side=96)
    assert share >= 0.999
    assert most <= 4
    if name in EXACT:
        assert most <= 255 * 1e-5


@pytest.mark.parametrize("name", EXACT)
def test_the_reach_is_no_less_than_what_is_felt(name):
    network = architectures.loaded(name)
    felt = architectures.reach(network, side=96)
    assert felt <= network.traits.receptive_radius


@pytest.mark.parametrize(
    ("name", "window"),
    [("DAT", 4), ("HAT", 8), ("NAFNet", 4), ("SwinIR", 8), ("Swin2SR", 8), ("RCAN", 1)],
)
def test_the_window_is_the_one_that_is_measured(name, window):
    network = architectures.loaded(name)
    assert network.traits.window == window
    assert architectures.window(network, side=96) == window


def test_what_spandrel_says_of_half_precision_is_kept(tmp_path):
    allowed = {"Compact": (torch.bfloat16, torch.float16), "RCAN": (torch.bfloat16,)}
    for name, reduced in allowed.items():
        torch.save(architectures.tiny(name).state_dict(), tmp_path / "tiny.pth")
        assert load_model(tmp_path / "tiny.pth").network.traits.reduced == reduced
