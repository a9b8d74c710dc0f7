from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from srcli.networks.catalog import NETWORKS
from srcli.networks.san import SanConfig
from srcli.weights.formats.checkpoint import Header, save_model


@pytest.fixture
def small_san(tmp_path) -> Path:
    """A SAN whose regions and statistics make its output depend on the tiles."""
    config = SanConfig(
        scale=2, groups=1, blocks=1, channels=16, squeeze=4, nonlocal_squeeze=4, rgb_range=1.0
    )
    torch.manual_seed(0)
    path = tmp_path / "san.safetensors"
    network = NETWORKS["san"].build(config)
    save_model(path, network.state_dict(), Header(network="san", config=config))
    return path


def test_tiles_of_the_authors_can_be_asked_for(srcli, small_san, tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (40, 50, 3), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "noise.png")
    results = {}
    for name, options in {"whole": [], "official": ["--official-tiles"]}.items():
        done = srcli("upscale", "noise.png", "-m", small_san, *options, "-o", f"{name}.png")
        assert done.returncode == 0, done.stderr
        with Image.open(tmp_path / f"{name}.png") as picture:
            results[name] = np.asarray(picture).astype(int)
    assert results["official"].shape == (80, 100, 3)
    assert np.abs(results["official"] - results["whole"]).max() > 0


def test_the_bench_can_use_them_too(srcli, small_san, tmp_path):
    (tmp_path / "hr").mkdir()
    noise = np.random.default_rng(0).integers(0, 256, (80, 90, 3), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "hr/noise.png")
    arguments = ("bench", "--data", "hr", "-m", small_san, "-s", 2, "-f", "csv")
    plain, official = srcli(*arguments), srcli(*arguments, "--official-tiles")
    assert plain.returncode == official.returncode == 0, official.stderr
    assert "official-tiles" in official.stdout
    assert "official-tiles" not in plain.stdout


def test_a_model_without_them_says_so(srcli, photo):
    done = srcli("upscale", photo, "--official-tiles")
    assert done.returncode == 2
    assert "no tiling" in done.stderr
