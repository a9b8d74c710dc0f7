import os
import re
from pathlib import Path

import pytest

from srcli.errors import UsageError
from srcli.settings import (
    MEANINGS,
    configuration_files,
    read_setting,
    read_settings,
)


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


@pytest.fixture
def own(project):
    """The user's own file."""
    return project / "config/srcli/srcli.toml"


def found(key):
    setting = read_setting(key)
    return setting.value, setting.origin


def test_without_anything_the_defaults_hold(project):
    assert found("offline") == ("no", "default")
    assert found("cache_dir") == (str(project / "cache/srcli"), "default")
    assert [setting.key for setting in read_settings()] == list(MEANINGS)


def test_a_variable_is_stronger_than_the_file(own, monkeypatch):
    own.write_text('hub_repo = "own/models"\nmirror = "http://own"\n')
    assert found("hub_repo") == ("own/models", str(own))
    assert found("mirror") == ("http://own", str(own))
    monkeypatch.setenv("SRCLI_HUB_REPO", "mine/models")
    assert found("hub_repo") == ("mine/models", "SRCLI_HUB_REPO")


def test_offline_may_be_said_to_the_hub_alone(own, monkeypatch):
    own.write_text("offline = false\n")
    assert not read_setting("offline").is_on
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert read_setting("offline").is_on
    monkeypatch.setenv("SRCLI_OFFLINE", "no")
    assert not read_setting("offline").is_on


@pytest.mark.parametrize("variable", ["SRCLI_OFFLINE", "HF_HUB_OFFLINE"])
def test_a_switch_that_says_neither_yes_nor_no_is_refused(own, monkeypatch, variable):
    for word in ("off", "NO", "0"):
        monkeypatch.setenv(variable, word)
        assert not read_setting("offline").is_on
    monkeypatch.setenv(variable, "ture")
    with pytest.raises(UsageError, match=f"{variable} sets offline to 'ture'"):
        read_setting("offline")
    monkeypatch.delenv(variable)
    own.write_text('offline = "ture"\n')
    with pytest.raises(UsageError, match=re.escape(f"{own} sets offline")):
        read_setting("offline")


def test_what_is_empty_is_not_set(project, own):
    own.write_text('cache_dir = ""\noffline = ""\n')
    assert found("cache_dir") == (str(project / "cache/srcli"), "default")
    assert found("offline") == ("no", "default")


def test_a_path_in_a_file_counts_from_the_folder_of_the_file(project, own, monkeypatch):
    own.write_text('cache_dir = "kept"\n')
    assert found("cache_dir") == (str(own.parent / "kept"), str(own))
    for path in (str(project / "elsewhere"), "~/kept"):
        own.write_text(f'cache_dir = "{path}"\n')
        assert found("cache_dir")[0] == path
    monkeypatch.setenv("SRCLI_CACHE_DIR", "kept")
    assert found("cache_dir") == ("kept", "SRCLI_CACHE_DIR")


def test_a_folder_that_cannot_be_looked_into_holds_no_file(project, monkeypatch):
    """Root may look anywhere, except where no name leads."""
    monkeypatch.setenv("XDG_CONFIG_HOME", "x" * 300)
    path = project / "project/srcli.toml"
    path.write_text("[upscale]\nscale = 3\n")
    assert [file.path for file in configuration_files()] == [path]


def test_a_current_folder_that_was_removed_holds_no_file(project, own):
    (project / "project/srcli.toml").write_text('mirror = "http://shared"\n')
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


@pytest.mark.parametrize("key", MEANINGS)
def test_a_file_of_a_project_sets_none_of_them(project, own, key):
    own.write_text('mirror = "http://own"\n')
    path = project / "project/srcli.toml"
    path.write_text(f'{key} = "yes"\n')
    with pytest.raises(UsageError) as caught:
        read_setting("mirror")
    assert caught.value.message.startswith(f"{path} sets {key}, ")
    assert str(own) in caught.value.hint
    assert f"SRCLI_{key.upper()}" in caught.value.hint


def test_the_users_own_file_stays_that_where_it_is_the_nearest(own, monkeypatch):
    own.write_text('mirror = "http://own"\n')
    monkeypatch.chdir(own.parent)
    assert found("mirror") == ("http://own", str(own))
    link = own.parent.parent / "link"
    link.symlink_to(own.parent)
    monkeypatch.chdir(link)
    assert found("mirror") == ("http://own", str(own))


UNREADABLE = {
    "no value": b"hub_repo = ",
    "unknown": b'colour = "red"',
    "latin-1": "mirror = 'ü'".encode("latin-1"),
    "deep list": b"a = " + b"[" * 8000,
    "deep list that ends": b"a = " + b"[" * 100 + b"]" * 100,
    "deep table": b"a = " + b"{a = " * 3000,
    "deep keys": b"a." * 200 + b"a = 1",
    "large": b"#" * 20_000,
    "list": b'cache_dir = ["a"]',
    "date": b"hub_repo = 1979-05-27",
    "null": b'mirror = "a\\u0000b"',
}


@pytest.mark.parametrize("content", UNREADABLE.values(), ids=UNREADABLE)
@pytest.mark.parametrize("place", ["project/srcli.toml", "config/srcli/srcli.toml"])
def test_a_file_that_makes_no_sense_is_said(project, place, content):
    (project / place).write_bytes(content)
    with pytest.raises(UsageError) as caught:
        read_setting("mirror")
    assert caught.value.message.startswith(f"{project / place} ")
    assert "\n" not in caught.value.message


@pytest.mark.parametrize("kind", ["pipe", "folder", "dangling link", "link to a device"])
def test_what_is_no_regular_file_is_said(project, kind):
    path = project / "project/srcli.toml"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to("/dev/zero" if kind == "link to a device" else "nowhere")
    with pytest.raises(UsageError, match=re.escape(f"{path} cannot be read")):
        read_setting("mirror")


def test_a_byte_order_mark_of_utf_8_is_let_by(own):
    own.write_bytes(b"\xef\xbb\xbfmirror = 'http://own'")
    assert found("mirror") == ("http://own", str(own))


def test_an_unknown_setting_is_a_bug():
    with pytest.raises(KeyError):
        read_setting("colour")
