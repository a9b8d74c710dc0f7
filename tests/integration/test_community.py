"""Models of other tools, made here with random weights."""

import importlib.util
import os
import sys
import threading
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from srcli.errors import CorruptWeights, MissingExtra
from srcli.weights.formats import spandrel_networks
from srcli.weights.formats.checkpoint import load_model

with spandrel_networks._torchvision():
    from spandrel.architectures.Compact import Compact
    from spandrel.architectures.ESRGAN import ESRGAN
    from spandrel.architectures.RCAN import RCAN
    from spandrel.architectures.SPAN import SPAN

MAKERS = {
    "Compact": lambda: Compact(num_feat=8, num_conv=2, upscale=2),
    "ESRGAN": lambda: ESRGAN(num_filters=8, num_blocks=1, scale=4),
    "SPAN": lambda: SPAN(num_in_ch=3, num_out_ch=3, feature_channels=8, upscale=2),
    "RCAN": lambda: RCAN(scale=2, n_resgroups=1, n_resblocks=1, n_feats=16, reduction=4),
}


@pytest.fixture(params=MAKERS)
def checkpoint(request, tmp_path):
    network = MAKERS[request.param]()
    path = tmp_path / f"{request.param}.pth"
    torch.save({"params_ema": network.state_dict()}, path)
    return path


def opened(path):
    with Image.open(path) as picture:
        return np.asarray(picture).astype(int)


def test_any_architecture_enlarges_by_any_factor(srcli, checkpoint, photo):
    done = srcli("upscale", photo, "--model", checkpoint, "--scale", 2.7, "-o", "out.png")
    assert (done.returncode, done.stdout) == (0, "out.png\n"), done.stderr
    assert opened(photo.parent / "out.png").shape == (84, 62, 3)


def test_the_network_is_the_one_that_spandrel_calls(checkpoint):
    model = load_model(checkpoint)
    image = torch.rand(2, 3, 16, 12)
    before = image.clone()
    result = model.network(image)
    state = torch.load(checkpoint, weights_only=True)["params_ema"]
    with spandrel_networks._torchvision():
        descriptor = (
            importlib.import_module("spandrel").ModelLoader("cpu").load_from_state_dict(state)
        )
    assert torch.allclose(result[1:], descriptor(before[1:].clone()), atol=1e-5)
    assert torch.equal(image, before)
    scale = model.network.traits.scale
    assert result.shape == (2, 3, 16 * scale, 12 * scale)
    assert model.header.config.scale == scale


def test_threads_that_need_spandrel_first_all_get_it_whole(monkeypatch):
    for name in [name for name in sys.modules if name.partition(".")[0] == "spandrel"]:
        monkeypatch.delitem(sys.modules, name)
    start = threading.Barrier(8)

    def load(_: int) -> bool:
        start.wait()
        return hasattr(spandrel_networks._import_spandrel(), "ModelLoader")

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(load, range(8)))


def test_architectures_of_the_other_package_are_known_where_it_is_installed(tmp_path, monkeypatch):
    package = tmp_path / "spandrel_extra_arches.py"
    package.write_text(
        "installed = []\n"
        "def install(*, ignore_duplicates):\n"
        "    installed.append(ignore_duplicates)\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in [name for name in sys.modules if name.partition(".")[0] == "spandrel"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delitem(sys.modules, package.stem, raising=False)
    assert hasattr(spandrel_networks._import_spandrel(), "ModelLoader")
    assert sys.modules[package.stem].installed == [True]
    monkeypatch.delitem(sys.modules, package.stem)


def test_tiles_are_joined(srcli, tmp_path):
    torch.save(MAKERS["Compact"]().state_dict(), tmp_path / "tiny.pth")
    noise = np.random.default_rng(0).integers(0, 256, (90, 70, 3), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "noise.png")
    for tile in (48, 512):
        options = ("--model", "tiny.pth", "--tile", tile, "-o", f"{tile}.png")
        assert srcli("upscale", "noise.png", *options).returncode == 0
    tiled, whole = (opened(tmp_path / f"{tile}.png") for tile in (48, 512))
    assert np.abs(tiled - whole).max() <= 1


def test_a_foreign_safetensors_file_is_read_too(srcli, photo, tmp_path):
    from safetensors.torch import save_file

    save_file(MAKERS["SPAN"]().state_dict(), tmp_path / "span.safetensors")
    done = srcli("upscale", photo, "--model", "span.safetensors")
    assert done.returncode == 0, done.stderr


def test_nothing_is_left_behind_in_place_of_torchvision():
    found = sys.modules.get("torchvision")
    assert found is None or found.__file__


def test_a_network_of_one_channel_is_refused(tmp_path):
    network = Compact(num_in_ch=1, num_out_ch=1, num_feat=8, num_conv=2, upscale=2)
    torch.save(network.state_dict(), tmp_path / "grey.pth")
    with pytest.raises(CorruptWeights, match="not of RGB"):
        load_model(tmp_path / "grey.pth")


def test_a_pickle_is_not_run(tmp_path):
    class Bomb:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "ran"),)

    torch.save({"params": Bomb()}, tmp_path / "bomb.pth")
    with pytest.raises(CorruptWeights):
        load_model(tmp_path / "bomb.pth")
    assert not (tmp_path / "ran").exists()


def test_the_advice_is_never_to_run_a_pickle(srcli, photo, tmp_path):
    torch.save({"params": Path()}, tmp_path / "evil.pt")
    done = srcli("upscale", photo, "--model", "evil.pt")
    assert done.returncode == 4
    assert "evil.pt is not a readable checkpoint of tensors alone" in done.stderr
    assert "Nothing in it was run" in " ".join(done.stderr.split())
    assert "weights_only" not in done.stderr


def test_what_a_host_gives_in_place_of_a_file_is_named(tmp_path):
    for suffix in (".pth", ".safetensors"):
        path = (tmp_path / "bad").with_suffix(suffix)
        path.write_bytes(b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n")
        with pytest.raises(CorruptWeights, match="pointer of Git LFS"):
            load_model(path)


def test_an_ending_in_capitals_is_as_good(checkpoint):
    path = checkpoint.rename(checkpoint.with_suffix(".PTH"))
    assert load_model(path).network.traits.scale > 1


def test_tensors_that_take_no_space_claim_no_network(tmp_path):
    """One sample, stretched to the layers of a network of 145 MB."""
    shapes = Compact(num_feat=2000, num_conv=1, upscale=2).state_dict()
    torch.save(
        {name: torch.zeros(1).expand(value.shape) for name, value in shapes.items()},
        tmp_path / "swollen.pth",
    )
    assert (tmp_path / "swollen.pth").stat().st_size < 10_000
    with pytest.raises(CorruptWeights, match=r"swollen\.pth claims to be a far larger network"):
        load_model(tmp_path / "swollen.pth")


def test_a_small_file_of_a_giant_is_refused_before_it_takes_memory(tmp_path):
    """Its first layer says 200,000 channels: the next would take 1.4 TB."""
    state = MAKERS["Compact"]().state_dict()
    state["body.0.weight"] = torch.zeros(200_000, 3, 1, 1)
    torch.save(state, tmp_path / "giant.pth")
    with pytest.raises(CorruptWeights):
        load_model(tmp_path / "giant.pth")


def test_names_that_claim_a_giant_are_refused_soon(tmp_path):
    """Groups times blocks grow with the square of the names."""
    state = MAKERS["RCAN"]().state_dict()
    for index in range(1000):
        state[f"body.{index}.x"] = torch.zeros(1)
        state[f"body.0.body.{index}.x"] = torch.zeros(1)
    torch.save(state, tmp_path / "giant.pth")
    with pytest.raises(CorruptWeights, match="far larger network"):
        load_model(tmp_path / "giant.pth")


def test_a_zip_bomb_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "bomb.pth", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", b"\0" * 20_000_000)
    with pytest.raises(CorruptWeights, match="packed"):
        load_model(tmp_path / "bomb.pth")


@pytest.mark.parametrize("content", [{}, {"a": 1}, [1], {"x.weight": torch.zeros(3)}, "text"])
def test_what_spandrel_does_not_know_is_refused(tmp_path, content):
    torch.save(content, tmp_path / "odd.pth")
    with pytest.raises(CorruptWeights):
        load_model(tmp_path / "odd.pth")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"<html>", b"\x80\x02."])
def test_what_is_no_checkpoint_is_refused(tmp_path, content):
    (tmp_path / "bad.pth").write_bytes(content)
    with pytest.raises(CorruptWeights):
        load_model(tmp_path / "bad.pth")


def test_without_the_extra_it_is_named(srcli, checkpoint, photo, monkeypatch):
    real = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "spandrel" else real(name)
    )
    done = srcli("upscale", photo, "--model", checkpoint)
    assert done.returncode == 2
    assert "srcli[community]" in done.stderr
    with pytest.raises(MissingExtra):
        load_model(checkpoint)
