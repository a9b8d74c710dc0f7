"""``--preview``: what terminals get is the picture, and nothing else is changed."""

import base64
import io
import re
import sys

import numpy as np
import pytest
from PIL import Image

from srcli.images.sixel import sixels
from srcli.usecases.preview import preview, shown_by

LEVELS = np.random.default_rng(1).integers(0, 4, (13, 17, 3)).astype(np.uint8) * 80


@pytest.fixture
def path(tmp_path):
    Image.fromarray(LEVELS).save(tmp_path / "a.png")
    return tmp_path / "a.png"


@pytest.mark.parametrize(
    ("environment", "protocol"),
    [
        ({"TERM": "xterm-kitty"}, "kitty"),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "ghostty"}, "kitty"),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "iTerm.app"}, "iterm2"),
        ({"TERM": "xterm-256color", "LC_TERMINAL": "iTerm2"}, "iterm2"),
        ({"TERM": "foot"}, "sixel"),
        ({"TERM": "xterm-256color"}, None),
        ({"TERM": "tmux-256color", "KITTY_WINDOW_ID": "1"}, None),
        ({}, None),
    ],
)
def test_terminals_are_known_by_their_variables(environment, protocol):
    assert shown_by(environment) == protocol


def test_kitty_gets_the_file_in_chunks(path):
    large = path.with_name("large.png")
    noise = np.random.default_rng(0).integers(0, 256, (100, 100, 3), dtype=np.uint8)
    Image.fromarray(noise).save(large)
    chunks = re.findall(r"\x1b_G([^;]*);([^\x1b]*)\x1b\\", preview(large, "kitty"))
    assert chunks[0][0] == "a=T,f=100,q=2,m=1"
    assert {keys for keys, _ in chunks[1:-1]} == {"m=1"}
    assert chunks[-1][0] == "m=0"
    assert all(len(content) <= 4096 for _, content in chunks)
    content = base64.b64decode("".join(content for _, content in chunks))
    assert (np.asarray(Image.open(io.BytesIO(content))) == noise).all()


def test_iterm2_gets_the_file(path):
    found = re.fullmatch(r"\x1b\]1337;File=inline=1;size=(\d+):(.*)\x07", preview(path, "iterm2"))
    content = base64.b64decode(found[2])
    assert len(content) == int(found[1])
    assert (np.asarray(Image.open(io.BytesIO(content))) == LEVELS).all()


def drawn(text: str) -> np.ndarray:
    """Draw sixels as a terminal does, RGB in per cent."""
    head, body = re.fullmatch(r'\x1bPq"1;1;(\d+;\d+)([^\x1b]*)\x1b\\', text).groups()
    width, height = map(int, head.split(";"))
    palette = {
        int(n): (int(r), int(g), int(b))
        for n, r, g, b in re.findall(r"#(\d+);2;(\d+);(\d+);(\d+)", body)
    }
    body = re.sub(r"#\d+;2;\d+;\d+;\d+", "", body)
    picture = np.full((height + 6, width, 3), -1)
    top = left = color = 0
    for mark in re.findall(r"#\d+|!\d+.|.", body):
        if mark == "-":
            top, left = top + 6, 0
        elif mark == "$":
            left = 0
        elif mark[0] == "#":
            color = int(mark[1:])
        else:
            count, bits = (int(mark[1:-1]) if mark[0] == "!" else 1), ord(mark[-1]) - 63
            for row in range(6):
                if bits >> row & 1:
                    picture[top + row, left : left + count] = palette[color]
            left += count
    return picture[:height]


def test_sixels_draw_the_picture():
    assert np.abs(drawn(sixels(LEVELS)) - LEVELS / 2.55).max() <= 1


def test_large_results_are_shown_small(tmp_path):
    Image.new("RGB", (1300, 40)).save(tmp_path / "wide.png")
    assert drawn(preview(tmp_path / "wide.png", "sixel")).shape == (20, 640, 3)


def test_pipes_and_files_get_paths_alone(srcli, path):
    done = srcli("upscale", path, "--scale", 2, "--model", "bicubic", "--preview")
    assert done.returncode == 0
    assert done.stdout == f"{path.with_name('a_x2.png')}\n"


@pytest.mark.parametrize("term", ["foot", "dumb"])
def test_terminals_that_can_show_the_result(srcli, path, monkeypatch, term):
    monkeypatch.setenv("TERM", term)
    for name in ("TERM_PROGRAM", "LC_TERMINAL", "KITTY_WINDOW_ID", "TMUX"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(type(sys.stdout), "isatty", lambda _: True, raising=False)
    done = srcli("upscale", path, "--scale", 2, "--model", "bicubic", "--preview")
    assert done.returncode == 0
    assert ("\x1bPq" in done.stdout) == (term == "foot")
    assert ("so there is no preview." in done.stderr) == (term == "dumb")
