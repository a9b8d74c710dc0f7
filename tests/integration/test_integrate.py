import configparser
import os
import plistlib
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from srcli.management import integrate

PLACES = {
    "nautilus": ["data/nautilus/scripts/Enlarge with srcli"],
    "dolphin": ["data/kio/servicemenus/srcli.desktop"],
    "man": ["data/man/man1/srcli.1"],
    "finder": [
        "Library/Services/Enlarge with srcli.workflow/Contents/Info.plist",
        "Library/Services/Enlarge with srcli.workflow/Contents/document.wflow",
    ],
}
HOUSE = Path(__file__).parents[2] / "examples/house.png"


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch) -> Path:
    folder = tmp_path / "home of one"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("XDG_DATA_HOME", str(folder / "data"))
    return folder


def files_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("place", PLACES)
def test_what_is_written_is_printed_and_taken_away_again(srcli, home, place):
    for _ in range(2):  # a second time replaces the first
        done = srcli("integrate", place)
        assert (done.returncode, done.stderr) == (0, "")
        assert sorted(done.stdout.splitlines()) == [str(home / name) for name in PLACES[place]]
    assert files_in(home) == PLACES[place]
    removed = srcli("integrate", place, "--remove")
    assert removed.returncode == 0
    assert len(removed.stdout.splitlines()) == len(PLACES[place])
    assert files_in(home) == []
    assert srcli("integrate", place, "--remove").stderr == "There was nothing to remove.\n"


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("flags", [(), ("--remove",)])
def test_a_file_of_somebody_else_stays(srcli, home, place, flags):
    path = home / PLACES[place][0]
    path.parent.mkdir(parents=True)
    path.write_text("mine")
    done = srcli("integrate", place, *flags)
    assert done.returncode == 3
    assert "srcli did not write it." in done.stderr
    assert path.read_text() == "mine"
    assert files_in(home) == PLACES[place][:1]


def test_an_unknown_place_is_refused(srcli, home):
    done = srcli("integrate", "explorer")
    assert done.returncode == 2
    assert files_in(home) == []


def test_the_script_of_nautilus_enlarges_names_of_every_kind(srcli, home, tmp_path, monkeypatch):
    program = tmp_path / "bin of srcli" / "python"
    program.parent.mkdir()
    entry = program.with_name("srcli")
    run = f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m srcli "$@"\n'
    entry.write_text(run)
    entry.chmod(0o755)
    monkeypatch.setattr(integrate.sys, "executable", str(program))
    srcli("integrate", "nautilus")
    names = ("-x a'b.png", 'quo"te.png')
    for name in names:
        shutil.copy(Path(__file__).parents[1] / "golden/protocol/butterfly.png", tmp_path / name)
    script = home / PLACES["nautilus"][0]
    assert os.access(script, os.X_OK)
    environment = {**os.environ, "SRCLI_UPSCALE_MODEL": "bicubic", "SRCLI_UPSCALE_WIDTH": "40"}
    done = subprocess.run(
        [script, *names], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 2


def test_the_menu_of_dolphin_is_an_entry_that_quotes_the_program(srcli, home, monkeypatch):
    monkeypatch.setattr(integrate, "_program", lambda: ['/opt/my "5 %" $x/srcli'])
    srcli("integrate", "dolphin")
    path = home / PLACES["dolphin"][0]
    entry = configparser.ConfigParser(interpolation=None)
    entry.optionxform = str
    entry.read(path)
    assert entry["Desktop Entry"]["Actions"] == "enlarge;"
    assert "image/jpeg;" in entry["Desktop Entry"]["MimeType"]
    line = entry["Desktop Action enlarge"]["Exec"]
    words = line.replace("\\\\", "\\").replace("%%", "%").replace("\\$", "$")
    assert shlex.split(words) == ['/opt/my "5 %" $x/srcli', "upscale", "--", "%F"]
    assert os.access(path, os.X_OK)


def test_the_service_of_the_finder_runs_a_shell_script_on_pictures(srcli, home):
    srcli("integrate", "finder")
    info, flow = (plistlib.loads((home / name).read_bytes()) for name in PLACES["finder"])
    assert info["NSServices"][0]["NSSendFileTypes"] == ["public.image"]
    command = flow["actions"][0]["action"]["ActionParameters"]["COMMAND_STRING"]
    assert command.endswith('upscale -- "$@"')


def test_the_manual_page_is_one_that_man_reads(srcli, home):
    srcli("integrate", "man")
    text = (home / PLACES["man"][0]).read_text()
    assert text.splitlines()[1].startswith(".TH SRCLI 1")
    groff = shutil.which("groff")
    if groff:
        words = (groff, "-man", "-Tascii", "-ww", home / PLACES["man"][0])
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")
        assert "--megapixels" in done.stdout.replace("\b", "") or "megapixels" in done.stdout
