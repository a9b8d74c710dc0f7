import pytest

from srcli.errors import UsageError
from srcli.settings import MEANINGS, read_setting, read_settings


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A folder deep in a project, without any setting."""
    for key in MEANINGS:
        monkeypatch.delenv(f"SRCLI_{key.upper()}", raising=False)
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "config/srcli").mkdir(parents=True)
    (tmp_path / "project/deep").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "project/deep")
    return tmp_path


def found(key):
    setting = read_setting(key)
    return setting.value, setting.origin


def test_without_anything_the_defaults_hold(project):
    assert found("offline") == ("no", "default")
    assert found("cache_dir") == (str(project / "cache/srcli"), "default")
    assert [setting.key for setting in read_settings()] == list(MEANINGS)


def test_the_nearer_is_the_stronger(project, monkeypatch):
    own, shared = project / "config/srcli/srcli.toml", project / "project/srcli.toml"
    own.write_text('hub_repo = "own/models"\nmirror = "http://own"\n')
    assert found("hub_repo") == ("own/models", str(own))
    shared.write_text('hub_repo = "shared/models"\n')
    assert found("hub_repo") == ("shared/models", str(shared))
    assert found("mirror") == ("http://own", str(own))
    monkeypatch.setenv("SRCLI_HUB_REPO", "mine/models")
    assert found("hub_repo") == ("mine/models", "SRCLI_HUB_REPO")


def test_offline_may_be_said_to_the_hub_alone(project, monkeypatch):
    (project / "project/srcli.toml").write_text("offline = false\n")
    assert not read_setting("offline").is_on
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert read_setting("offline").is_on
    monkeypatch.setenv("SRCLI_OFFLINE", "no")
    assert not read_setting("offline").is_on


@pytest.mark.parametrize("content", ["hub_repo = ", 'colour = "red"', "\xff"])
def test_a_file_that_makes_no_sense_is_said(project, content):
    path = project / "project/srcli.toml"
    path.write_bytes(content.encode("latin-1"))
    with pytest.raises(UsageError, match=r"srcli\.toml"):
        read_setting("mirror")


def test_an_unknown_setting_is_a_bug():
    with pytest.raises(KeyError):
        read_setting("colour")
