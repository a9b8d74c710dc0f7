"""The hint at the model for compressed pictures."""

import json
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

NOISE = Image.fromarray(np.random.default_rng(0).integers(60, 200, (20, 24, 3), dtype=np.uint8))


@pytest.fixture
def pictures(tmp_path):
    for quality in (60, 90, 95):
        NOISE.save(tmp_path / f"q{quality}.jpg", quality=quality)
    NOISE.save(tmp_path / "clean.png")
    return tmp_path


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        (["q60.jpg"], "hint: 1 picture was compressed as JPEG of quality 90 or less"),
        (["q60.jpg", "q90.jpg", "q95.jpg", "clean.png"], "hint: 2 pictures were compressed"),
    ],
)
@pytest.mark.usefixtures("pictures")
def test_pictures_of_low_quality_are_told_of_once(srcli, inputs, words):
    done = srcli("upscale", *inputs)
    assert done.returncode == 0
    assert done.stderr.count("hint:") == 1
    assert words in done.stderr
    assert "--model asdn-photo" in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["q95.jpg", "clean.png"],
        ["q60.jpg", "--model", "asdn-fast"],
        ["q60.jpg", "--model", "asdn-photo"],
        ["q60.jpg", "--quiet"],
        ["q60.jpg", "--scale", "0.5", "--if-large-enough", "shrink"],
        ["q60.jpg", "--scale", "1", "--if-large-enough", "copy"],
    ],
)
@pytest.mark.usefixtures("pictures")
def test_there_is_no_hint_where_it_would_not_help(srcli, arguments):
    done = srcli("upscale", *arguments, "-o", "out/")
    assert done.returncode == 0
    assert "hint" not in done.stderr


@pytest.mark.usefixtures("pictures")
def test_a_model_from_the_settings_was_chosen(srcli, monkeypatch):
    monkeypatch.setenv("SRCLI_UPSCALE_MODEL", "asdn-fast")
    assert "hint" not in srcli("upscale", "q60.jpg").stderr


def test_a_pipe_is_told_too(pictures):
    command = [sys.executable, "-m", "srcli", "upscale", "-", "-o", "-"]
    content = (pictures / "q60.jpg").read_bytes()
    done = subprocess.run(command, input=content, capture_output=True, check=True)
    assert b"--model asdn-photo" in done.stderr


@pytest.mark.usefixtures("pictures")
def test_events_tell_the_quality_of_the_source(srcli):
    done = srcli("upscale", "q60.jpg", "clean.png", "--json")
    events = [json.loads(line) for line in done.stdout.splitlines()]
    told = [event["source_jpeg_quality"] for event in events if event["event"] == "done"]
    assert told == [60, None]
