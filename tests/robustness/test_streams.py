"""Commands whose standard streams are closed, full, or read by a program that has seen enough."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from PIL import Image


@pytest.fixture
def photos(tmp_path) -> Path:
    """Two small pictures and a file that is none."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for name in ("a.png", "b.png"):
        Image.new("RGB", (16, 12), "teal").save(folder / name)
    (folder / "c.png").write_text("no picture")
    return folder


def run(arguments: Sequence[object], redirection: str, *, unread: bool = False) -> tuple[int, str]:
    """Return the code of a command and what it said; ``unread``: nobody reads its stdout."""
    reader, writer = os.pipe()
    if unread:
        os.close(reader)
    else:
        os.set_blocking(reader, False)
    words = [sys.executable, "-m", "srcli", *map(str, arguments)]
    done = subprocess.run(
        ["/bin/sh", "-c", f'"$@" {redirection}', "sh", *words],
        stdout=writer,
        stderr=subprocess.PIPE,
        check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    os.close(writer)
    if not unread:
        os.close(reader)
    return done.returncode, done.stderr.decode()


@pytest.mark.parametrize(
    ("flags", "redirection", "unread"),
    [(("--json",), "2>&-", True), ((), "2>/dev/full >&- <&-", False)],
    ids=["stdout unread, stderr closed", "stderr full, others closed"],
)
def test_the_work_goes_on(photos, tmp_path, flags, redirection, unread):
    code, said = run(
        ("upscale", photos, "-o", tmp_path / "out", *flags), redirection, unread=unread
    )
    assert code == 3  # c.png is no picture
    assert said == ""
    assert {path.name for path in (tmp_path / "out").glob("*.png")} == {"a_x2.png", "b_x2.png"}


@pytest.mark.parametrize(
    ("arguments", "redirection", "code"),
    [(("models", "list"), "2>&-", 0), (("models", "show", "none"), "2>/dev/full", 2)],
)
def test_other_commands_end_as_they_would(arguments, redirection, code):
    assert run(arguments, redirection, unread=True) == (code, "")
