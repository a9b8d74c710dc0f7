"""A model of fixed scales, asked for factors that it has and has not."""

import json
from pathlib import Path

import pytest
from PIL import Image

from srcli.networks.asdn import AsdnConfig, LocalAsdn
from srcli.weights.formats.checkpoint import Header, save_model
from srcli.weights.providers import store

pytestmark = pytest.mark.usefixtures("family")


@pytest.mark.parametrize(
    ("model", "options", "way"),
    [
        ("fsdn-tiny", ["--scale", "2"], "fsdn-tiny-x2"),
        ("fsdn-tiny", ["--scale", "3"], "fsdn-tiny-x3"),
        ("fsdn-tiny", ["--scale", "1.5"], "fsdn-tiny-x2, resize, correct"),
        ("fsdn-tiny", ["--scale", "2.7"], "fsdn-tiny-x2, asdn-fast x1.35"),
        ("fsdn-tiny", ["--scale", "2.2"], "fsdn-tiny-x2, asdn-fast x1.1"),
        ("fsdn-tiny", ["--scale", "3.6x1.5"], "fsdn-tiny-x3, asdn-fast x1.2, resize"),
        ("fsdn-tiny", ["--scale", "6"], "fsdn-tiny-x3, asdn-fast x2"),
        ("fsdn-tiny", ["--width", "69"], "fsdn-tiny-x3"),
        ("fsdn-tiny-x3", ["--scale", "2"], "fsdn-tiny-x3, resize"),
        ("fsdn-tiny-x2", ["--scale", "3"], "fsdn-tiny-x2, asdn-fast x1.5"),
        ("shipped/fsdn-tiny-x3.safetensors", ["-s", "3"], "fsdn-tiny-x3.safetensors x3"),
    ],
)
def test_the_plan_names_the_networks(srcli, photo, model, options, way):
    done = srcli("upscale", photo, "-m", model, *options, "--dry-run", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["way"] == way


@pytest.mark.parametrize(
    ("scale", "size"), [("2.7", (62, 84)), ("1.5", (35, 47)), ("7x3.3", (161, 102))]
)
def test_the_size_is_exact_whatever_networks_run(srcli, photo, scale, size):
    done = srcli("upscale", photo, "-m", "fsdn-tiny", "-s", scale, "-o", "out.png", "-v")
    assert done.returncode == 0, done.stderr
    with Image.open(photo.with_name("out.png")) as result:
        assert result.size == size
    assert f"23x31 to {size[0]}x{size[1]}: fsdn-tiny-x" in done.stderr


def test_without_verbose_the_networks_are_not_told(srcli, photo):
    done = srcli("upscale", photo, "-m", "fsdn-tiny", "-s", "2.7", "-o", "out.png")
    assert "fsdn" not in done.stderr


def test_a_scale_of_the_family_is_never_replaced_by_another(srcli, photo, family):
    (family / "fsdn-tiny-x2.safetensors").unlink()
    done = srcli("upscale", photo, "-m", "fsdn-tiny", "-s", "2", "--dry-run")
    assert done.returncode == 4
    assert "lacks the weights of fsdn-tiny-x2" in done.stderr


def test_a_factor_between_scales_is_made_of_what_can_be_had(srcli, photo, family):
    (family / "fsdn-tiny-x2.safetensors").unlink()
    done = srcli("upscale", photo, "-m", "fsdn-tiny", "-s", "2.7", "--dry-run")
    assert "fsdn-tiny-x3, resize" in done.stdout


def test_a_folder_is_made_anew_if_a_helper_changes(srcli, photo, monkeypatch):
    arguments = ("upscale", photo, "-m", "fsdn-tiny", "-s", "3.3", "-o", "out/", "--overwrite")
    assert "skipped" not in srcli(*arguments).stderr
    assert "skipped" in srcli(*arguments).stderr
    monkeypatch.setattr("srcli.pipeline.loaded_models.DEFAULT_MODEL", "asdn-other")
    monkeypatch.setattr("srcli.pipeline.loaded_models.locate", _another_default)
    assert "skipped" not in srcli(*arguments).stderr


def _another_default(model, ratio=None, **options):
    if model != "asdn-other":
        return store.locate(model, ratio, **options)
    path = Path("other.safetensors")
    config = AsdnConfig(blocks=1, width=8, unshuffle=2)
    state = LocalAsdn(config).state_dict()
    save_model(path, state, Header(network="asdn", config=config, origin="test"))
    return path
