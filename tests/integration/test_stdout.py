"""Standard output that is full, closed, cut off, or of an encoding that lacks what names hold."""

import json
import os
import shutil
import subprocess
import sys

import pytest
from PIL import Image

from srcli.weights.catalog.included import DEFAULT_MODEL, find_card, shipped_folder

COMMANDS = ("models list", "models path", "upscale --help")


def run(command, redirection, place, **variables):
    """Run a command in a shell; return its exit code, its output and what it said."""
    done = subprocess.run(
        ["/bin/sh", "-c", f"{sys.executable} -m srcli {command} {redirection}"],
        cwd=place,
        capture_output=True,
        check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1", **variables},
    )
    return done.returncode, done.stdout, done.stderr.decode(errors="replace")


@pytest.mark.parametrize("command", COMMANDS)
def test_a_full_disk_is_said_in_a_sentence(tmp_path, command):
    code, _, said = run(command, ">/dev/full", tmp_path)
    assert code == 5
    assert said.splitlines()[0] == "error: The output cannot be written: the disk is full."
    assert len(said.splitlines()) == 2


@pytest.mark.parametrize("command", COMMANDS)
def test_a_reader_that_has_seen_enough_is_no_failure(tmp_path, command):
    assert run(command, "| true", tmp_path) == (0, b"", "")


@pytest.mark.parametrize("command", COMMANDS)
def test_a_closed_stdout_is_written_to_in_vain(tmp_path, command):
    assert run(command, ">&-", tmp_path) == (0, b"", "")


def test_results_are_made_without_a_stdout(tmp_path, photo):
    code, _, said = run(f"upscale {photo.name} -o out.png", ">&-", tmp_path)
    assert (code, "Traceback" in said) == (0, False)
    assert (tmp_path / "out.png").exists()


@pytest.mark.parametrize(
    ("encoding", "shown"),
    [("utf-8", b"caf\xe9 \xc3\xa9"), ("latin-1", b"caf\xe9 \xe9"), ("cp1251", b"caf\xe9 \\xe9")],
)
def test_any_name_is_printed_in_any_encoding(tmp_path, encoding, shown):
    name = os.fsdecode(b"caf\xe9 \xc3\xa9.safetensors")
    shutil.copy(shipped_folder() / find_card(DEFAULT_MODEL).file, tmp_path / name)
    code, printed, said = run(
        "models verify *.safetensors", "", tmp_path, PYTHONIOENCODING=encoding, PYTHONUTF8="0"
    )
    assert printed.startswith(shown + b".safetensors  ")
    assert "Traceback" not in said
    assert code in {0, 4}  # not every release of safetensors opens such a file


def test_a_name_is_printed_as_it_is(srcli):
    for command in ("upscale", "bench --data"):
        done = srcli(*command.split(), ":key:[b].png")
        assert ":key:[b].png" in done.stderr


def test_names_are_printed_as_they_are_and_parted_by_null_characters(srcli, tmp_path):
    names = ["a\nb.png", "c\x1b[2J.png"]
    for name in names:
        Image.new("RGB", (16, 12), "teal").save(tmp_path / name)
    done = srcli("upscale", *names, "--print0", "-q")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "a\nb_x2.png\0c\x1b[2J_x2.png\0"


@pytest.mark.parametrize("flags", [("--json",), ("--dry-run",), ("-o", "-")])
def test_without_paths_there_is_nothing_to_part(srcli, photo, flags):
    done = srcli("upscale", photo, "--print0", *flags)
    assert (done.returncode, done.stdout) == (2, "")
    assert "--print0" in done.stderr


@pytest.mark.parametrize("name", ["a\x7f\u202e.png", "caf\udce9.png"])
def test_events_are_json_whatever_a_name_holds(srcli, tmp_path, name):
    Image.new("RGB", (16, 12), "teal").save(tmp_path / name)
    printed = srcli("upscale", name, "--json", "--dry-run").stdout
    assert printed.isascii()
    assert "\x7f" not in printed
    assert json.loads(printed)["source"] == name
