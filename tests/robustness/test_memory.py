"""Pictures within a real limit of the shell on memory."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="other systems limit nothing")

KILOBYTES = 1_000_000
SECONDS = 300


def upscale(source, output, *flags: str, kilobytes: int | None = None, python=sys.executable):
    limit = f"ulimit -v {kilobytes}; " if kilobytes else ""
    command = f"{limit}exec {python} -m srcli upscale {source} -o {output} {' '.join(flags)}"
    return subprocess.run(
        ["/bin/sh", "-c", command], capture_output=True, text=True, check=False, timeout=SECONDS
    )


def saved(path, width: int, height: int):
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 256, (height // 8, width // 8, 3), np.uint8)
    Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC).save(path)
    return path


def test_a_limit_changes_no_sample_of_a_photo(python, tmp_path):
    source = saved(tmp_path / "a.png", 400, 296)
    results = []
    for number, how in enumerate(({"python": python}, {"kilobytes": KILOBYTES})):
        output = tmp_path / f"{number}.png"
        done = upscale(source, output, **how)
        assert done.returncode == 0, done.stderr
        results.append(output.read_bytes())
    assert results[0] == results[1]


def test_a_large_result_is_made_within_a_limit_in_which_it_cannot_stand_in_memory(tmp_path):
    source = saved(tmp_path / "a.png", 2560, 1680)
    output = tmp_path / "b.png"
    done = upscale(source, output, "--model", "bicubic", kilobytes=KILOBYTES)
    assert done.returncode == 0, done.stderr
    with Image.open(output) as image:
        assert image.size == (5120, 3360)


def test_what_does_not_fit_is_refused_in_one_sentence_before_any_work(tmp_path):
    source = saved(tmp_path / "a.png", 400, 296)
    output = tmp_path / "b.webp"  # an encoder that needs all of it
    flags = ("--scale", "40", "--model", "bicubic")
    done = upscale(source, output, *flags, kilobytes=KILOBYTES)
    assert done.returncode == 5
    assert "of memory, and" in done.stderr
    assert "Traceback" not in done.stderr
    assert not output.exists()
