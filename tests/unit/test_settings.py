import re
from pathlib import Path

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


@pytest.mark.parametrize("variable", ["SRCLI_OFFLINE", "HF_HUB_OFFLINE"])
def test_a_switch_that_says_neither_yes_nor_no_is_refused(project, monkeypatch, variable):
    for word in ("off", "NO", "0"):
        monkeypatch.setenv(variable, word)
        assert not read_setting("offline").is_on
    monkeypatch.setenv(variable, "ture")
    with pytest.raises(UsageError, match=f"{variable} sets offline to 'ture'"):
        read_setting("offline")
    monkeypatch.delenv(variable)
    path = project / "project/srcli.toml"
    path.write_text('offline = "ture"\n')
    with pytest.raises(UsageError, match=re.escape(f"{path} sets offline")):
        read_setting("offline")


def test_what_is_empty_is_not_set(project):
    (project / "project/srcli.toml").write_text('cache_dir = ""\noffline = ""\n')
    (project / "config/srcli/srcli.toml").write_text("offline = true\n")
    assert found("cache_dir") == (str(project / "cache/srcli"), "default")
    assert read_setting("offline").is_on


def test_a_path_in_a_file_counts_from_the_folder_of_the_file(project, monkeypatch):
    shared = project / "project/srcli.toml"
    shared.write_text('cache_dir = "kept"\n')
    assert found("cache_dir") == (str(project / "project/kept"), str(shared))
    for path in (str(project / "elsewhere"), "~/kept"):
        shared.write_text(f'cache_dir = "{path}"\n')
        assert found("cache_dir")[0] == path
    monkeypatch.setenv("SRCLI_CACHE_DIR", "kept")
    assert found("cache_dir") == ("kept", "SRCLI_CACHE_DIR")


def test_a_folder_that_cannot_be_looked_into_holds_no_file(project, monkeypatch):
    """Root may look anywhere, except where no name leads."""
    monkeypatch.setenv("XDG_CONFIG_HOME", "x" * 300)
    (project / "project/srcli.toml").write_text('mirror = "http://shared"\n')
    assert found("mirror") == ("http://shared", str(project / "project/srcli.toml"))


def test_a_current_folder_that_was_removed_holds_no_file(project):
    (project / "project/srcli.toml").write_text('mirror = "http://shared"\n')
    own = project / "config/srcli/srcli.toml"
    own.write_text('mirror = "http://own"\n')
    (project / "project/deep").rmdir()
    assert found("mirror") == ("http://own", str(own))


@pytest.mark.usefixtures("project")
def test_a_user_without_a_home_has_the_defaults(monkeypatch):
    def none():
        msg = "Could not determine home directory."
        raise RuntimeError(msg)

    for variable in ("XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(variable)
    monkeypatch.setattr(Path, "home", none)
    assert found("cache_dir") == (str(Path("/.cache/srcli").absolute()), "default")
    assert found("mirror") == ("", "default")


@pytest.mark.parametrize("content", ["hub_repo = ", 'colour = "red"', "\xff"])
def test_a_file_that_makes_no_sense_is_said(project, content):
    path = project / "project/srcli.toml"
    path.write_bytes(content.encode("latin-1"))
    with pytest.raises(UsageError, match=r"srcli\.toml"):
        read_setting("mirror")


def test_an_unknown_setting_is_a_bug():
    with pytest.raises(KeyError):
        read_setting("colour")
