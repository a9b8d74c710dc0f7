"""What a ``srcli.toml`` in or above the current folder may set, and what it may not."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
import typer

from srcli.cli.app import app
from srcli.cli.defaults import all_flags, start_from_settings
from srcli.cli.project_flags import OWN_FLAGS, PROJECT_FLAGS
from srcli.errors import UsageError
from srcli.settings import read_setting

COMMAND = typer.main.get_command(app)
FLAGS = {flag.key: flag for flag in all_flags(COMMAND)}


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project's file, in the folder above the current one."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    (tmp_path / "config/srcli").mkdir(parents=True)
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    return tmp_path / "srcli.toml"


@pytest.fixture
def own(project):
    """The user's own file."""
    return project.parent / "config/srcli/srcli.toml"


def text(keys: Iterable[str]) -> str:
    """Write a file that sets flags."""
    sections: dict[str, list[str]] = {}
    for key in keys:
        section, _, name = key.rpartition(".")
        sections.setdefault(section, []).append(f'{name} = "1"\n')
    return "".join(f"[{key}]\n{''.join(lines)}" for key, lines in sections.items())


@pytest.mark.parametrize("key", sorted(OWN_FLAGS))
def test_a_flag_that_may_do_harm_is_refused(project, own, key):
    project.write_text(text([key]))
    with pytest.raises(UsageError) as caught:
        start_from_settings(typer.Context(COMMAND))
    flag = FLAGS[key]
    assert caught.value.message.startswith(f"{project} sets {key}, which only your own")
    assert caught.value.hint == f"Set it in {own}, or with --{flag.name} or {flag.variable}."


def test_nothing_is_done_where_one_is_refused(srcli, project, photo, tmp_path):
    victim = tmp_path / "victim.png"
    victim.write_text("mine")
    project.write_text(f'[upscale]\noutput = "{victim}"\noverwrite = true\n')
    done = srcli("upscale", photo)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines()[0].startswith(f"error: {project} sets upscale.output, ")
    assert len(done.stderr.splitlines()) == 2
    assert victim.read_text() == "mine"


def test_the_others_may_be_set_by_any_file(srcli, project, own):
    project.write_text(text(PROJECT_FLAGS))
    assert srcli("models", "path").returncode == 0
    own.write_text(text(FLAGS))
    assert srcli("models", "path").returncode == 0


@pytest.mark.parametrize(
    "line",
    [
        "quality = inf",
        "quality = [[1, 2]]",
        "fit = 1979-05-27",
        "ensemble = [true, 2]",
        "tile = true",
    ],
)
def test_a_value_of_the_wrong_type_is_no_bug(srcli, project, line):
    project.write_text(f"[upscale]\n{line}\n")
    done = srcli("upscale", "missing.png")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "missing.png does not exist" not in done.stderr


def test_a_projects_file_may_forbid_the_network_but_not_allow_it(project, own):
    own.write_text("offline = false\n")
    project.write_text("offline = true\n")
    assert read_setting("offline").is_on
    project.write_text("offline = false\n")
    with pytest.raises(UsageError, match="sets offline, which only your own"):
        read_setting("offline")
