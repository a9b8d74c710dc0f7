"""The authors' files of architectures that spandrel reads."""

import hashlib
import importlib.util
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from srcli.weights.catalog import published
from srcli.weights.catalog.card import WeightCard
from srcli.weights.formats import spandrel_networks
from srcli.weights.formats.checkpoint import load_model
from tests.baselines import carn, liif

with spandrel_networks._torchvision():
    from spandrel.architectures.RCAN import RCAN

PATH = "/media/somebody/zoo/RCAN_TINY.pt"


@pytest.fixture
def offered(hub, tmp_path, monkeypatch) -> WeightCard:
    """A tiny RCAN, in the old format of PyTorch, stands where the real one is."""
    network = RCAN(scale=4, n_resgroups=1, n_resblocks=1, n_feats=16, reduction=4)
    path = tmp_path / "tiny.pt"
    torch.save(network.state_dict(), path, _use_new_zipfile_serialization=False)
    content = path.read_bytes()
    source = WeightCard(
        id="rcan-x4",
        network="rcan",
        scale=4,
        file="RCAN_TINY.pt",
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        addresses=(f"https://first.example{PATH}",),
        pages=("the authors' page",),
        community=True,
    )
    monkeypatch.setattr(published, "read_sources", lambda: (source,))
    hub.plain[PATH] = content
    return source


def test_a_baseline_is_fetched_converted_and_used(srcli, hub, offered, photo, tmp_path):
    done = srcli("models", "fetch", "rcan-x4")
    assert (done.returncode, done.stderr) == (0, "")
    path = Path(done.stdout.strip())
    assert path.name == "rcan-x4.safetensors"
    header = load_model(path).header
    assert header.config.architecture == "RCAN"
    assert header.origin == f"converted from RCAN_TINY.pt, sha256 {offered.sha256}"
    hub.seen.clear()
    used = srcli("upscale", photo, "--model", "rcan", "--scale", 2.7, "-o", "out.png")
    assert used.returncode == 0, used.stderr
    with Image.open(tmp_path / "out.png") as picture:
        assert np.asarray(picture).shape == (84, 62, 3)
    assert srcli("models", "verify", offered.id).stdout == "rcan-x4  ok\n"
    assert srcli("models", "fetch", offered.id).stdout == done.stdout
    assert hub.seen == []


def test_a_damaged_baseline_is_refused_and_fetched_again(srcli, hub, offered):
    path = Path(srcli("models", "fetch", offered.id).stdout.strip())
    content = path.read_bytes()
    path.write_bytes(content[:-1])
    assert srcli("models", "path", offered.id).returncode == 4
    assert srcli("models", "fetch", offered.id).returncode == 0
    assert path.read_bytes() == content
    assert srcli("models", "remove", offered.id).stdout == "rcan-x4  removed\n"
    assert list(path.parent.iterdir()) == []
    assert len(hub.downloads()) == 2


def test_a_baseline_says_which_extra_it_needs(srcli, offered, photo, monkeypatch):
    assert "srcli[community]" in srcli("models", "show", offered.id).stdout
    real = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "spandrel" else real(name)
    )
    done = srcli("upscale", photo, "--model", offered.id, "--scale", 4)
    assert done.returncode == 2
    assert "pip install 'srcli[community]'" in done.stderr


@pytest.mark.parametrize("model", ["rdn", "RDN_x2", "lapsrn", "lapsrn-x4"])
@pytest.mark.parametrize("command", ["fetch", "show", "path"])
def test_weights_that_nothing_can_read_are_said_plainly(srcli, model, command):
    done = srcli("models", command, model)
    assert (done.returncode, done.stdout) == (4, "")
    said = " ".join(done.stderr.split())
    assert "has no weights that srcli can read" in said
    assert "on GitHub" in said
    assert "srcli train --network" in said


def test_what_spandrel_can_build_by_now_is_not_refused():
    """When this fails, the network can be a source like any other."""
    with spandrel_networks._torchvision():
        from spandrel import MAIN_REGISTRY
    known = {support.architecture.id.lower() for support in MAIN_REGISTRY.architectures()}
    names = {unread.name for unread in published.read_unread()}
    assert not known & (names | {name.partition("-")[0] for name in names})


@pytest.mark.parametrize("scale", [2, 4])
def test_of_a_file_of_several_scales_each_is_a_model(srcli, hub, tmp_path, monkeypatch, scale):
    torch.save(carn(mobile=True), tmp_path / "carn_m.pth")
    content = (tmp_path / "carn_m.pth").read_bytes()
    sources = [
        WeightCard(
            id=f"carn-m-x{each}",
            network="carn",
            scale=each,
            file="carn_m.pth",
            size=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
            addresses=("https://first.example/zoo/carn_m.pth",),
            pages=("the authors' page",),
        )
        for each in (2, 3, 4)
    ]
    monkeypatch.setattr(published, "read_sources", lambda: tuple(sources))
    hub.plain["/zoo/carn_m.pth"] = content
    fetched = srcli("models", "fetch", f"carn-m-x{scale}")
    assert fetched.returncode == 0, fetched.stderr
    path = Path(fetched.stdout.strip())
    assert path.name == f"carn-m-x{scale}.safetensors"
    assert load_model(path).network.traits.scale == scale
    imported = srcli("models", "import", "carn_m.pth", "--scale", scale, "--overwrite")
    assert imported.stdout == fetched.stdout
    third = srcli("models", "import", "carn_m.pth", "--scale", 3)
    assert Path(third.stdout.strip()).name == "carn-m-x3.safetensors"
    assert srcli("models", "import", "carn_m.pth", "--scale", 8).returncode == 4


def test_a_file_by_hand_that_serves_every_scale_is_imported_for_one(srcli, photo, tmp_path):
    done = srcli("models", "fetch", "liif-edsr-x3")
    assert done.returncode == 4
    assert "`srcli models import edsr-baseline-liif.pth --scale 3`" in " ".join(done.stderr.split())
    torch.save({"model": {"name": "liif", "sd": liif(dense=False)}}, tmp_path / "small.pth")
    imported = srcli("models", "import", "small.pth", "--scale", 3)
    assert imported.stdout == "small.safetensors\n"
    used = srcli("upscale", photo, "--model", "small.safetensors", "--scale", 3, "-o", "out.png")
    assert used.returncode == 0, used.stderr
