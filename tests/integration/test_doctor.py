from itertools import takewhile

import pytest
import torch

from srcli.errors import BadTile
from srcli.usecases.doctor import check_close, examine
from srcli.weights.catalog.included import DEFAULT_MODEL
from srcli.weights.providers import origins


@pytest.fixture(autouse=True)
def _settings(monkeypatch, tmp_path):
    for name in ("SRCLI_HUB_REPO", "SRCLI_MIRROR", "SRCLI_OFFLINE", "HF_HUB_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SRCLI_CACHE_DIR", str(tmp_path / "models"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


def lines(done, topic):
    return [
        line.split(maxsplit=2)[1:] for line in done.stdout.splitlines() if line.startswith(topic)
    ]


def test_a_sound_installation_is_said_to_be_sound(srcli, tmp_path):
    before = sorted(tmp_path.rglob("*"))
    done = srcli("doctor")
    assert (done.returncode, done.stderr) == (0, "")
    assert ["torch", torch.__version__] in lines(done, "version")
    assert [DEFAULT_MODEL, "ok"] in lines(done, "weights")
    assert lines(done, "self-test")[0][0] == "cpu"
    assert "96x96 to 192x192" in done.stdout
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("has", [True, False])
def test_a_device_that_has_bfloat16_is_said_to_have_it(monkeypatch, has):
    monkeypatch.setattr("srcli.usecases.doctor.has_bfloat16", lambda _: has)
    first = takewhile(lambda found: found.topic in {"version", "device"}, examine())
    devices = [found for found in first if found.topic == "device"]
    assert devices[0].name == "cpu"
    assert all(found.value.endswith(", bfloat16 built in") == has for found in devices)


@pytest.mark.usefixtures("no_packages")
def test_every_setting_is_traced_to_where_it_came_from(srcli, tmp_path, monkeypatch):
    own = tmp_path / "config/srcli/srcli.toml"
    own.parent.mkdir(parents=True)
    own.write_text('hub_repo = "me/models"\noffline = true\n')
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("SRCLI_OFFLINE", "0")
    monkeypatch.setenv("HF_TOKEN", "hf_" + "x" * 20)
    reported = lines(srcli("doctor"), "setting")
    found = dict(reported)
    assert found["hub_repo"] == f"me/models, from {own}"
    assert found["offline"] == "0, from SRCLI_OFFLINE"
    assert found["mirror"] == "none, from default"
    assert ["HF_TOKEN", "is set"] in reported


def test_damaged_weights_are_found(srcli, monkeypatch, tmp_path):
    monkeypatch.setattr(origins, "shipped_folder", lambda: tmp_path)
    (tmp_path / f"{DEFAULT_MODEL}.safetensors").write_bytes(b"damage")
    done = srcli("doctor")
    assert done.returncode == 4
    assert [DEFAULT_MODEL, "FAILED"] in lines(done, "weights")
    assert ["cpu", "FAILED"] in lines(done, "self-test")
    assert "is damaged" in done.stderr


@pytest.mark.parametrize("value", [0.1, float("nan")])
def test_a_device_that_computes_something_else_is_found(value):
    picture = torch.full((1, 3, 4, 4), 0.5)
    check_close(picture + 1e-4, picture, tolerance=1e-3, what="it")
    with pytest.raises(BadTile, match="off on average"):
        check_close(picture + value, picture, tolerance=1e-3, what="it")
