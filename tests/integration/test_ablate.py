import os
import signal
import subprocess

import numpy as np
import pytest
from PIL import Image


@pytest.fixture(autouse=True)
def _pictures(tmp_path):
    folder = tmp_path / "hr"
    folder.mkdir()
    noise = np.random.default_rng(0).integers(0, 256, (72, 64, 3), dtype=np.uint8)
    Image.fromarray(noise).save(folder / "noise.png")


def test_the_table_is_set_beside_the_paper_and_comes_again(srcli):
    command = ("ablate", "cirn-isab", "--data", "hr", "--test", "hr", "--out", "run", "--steps", 1)
    done = srcli(*command)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "CIRN: interlaced spatial attention"
    assert lines[1].split() == [
        *("Scale", "Variant", "Parameters", "kMAC/px", "hr,", "dB", "change", "Paper,", "dB"),
        "change",
    ]
    assert "The networks are small." in done.stdout
    assert "Variant 3 of 3: two stages" in done.stderr
    refused = srcli(*command)
    assert refused.returncode == 3
    assert "--resume" in refused.stderr
    again = srcli(*command, "--resume")
    assert again.returncode == 0, again.stderr
    assert again.stdout == done.stdout
    as_markdown = srcli(*command, "--resume", "--format", "md")
    assert as_markdown.stdout.startswith("**CIRN: interlaced spatial attention**")


def test_bad_requests_are_refused_in_a_sentence(srcli):
    unknown = srcli("ablate", "cirn", "--data", "hr", "--test", "hr", "--out", "run")
    assert unknown.returncode == 2
    assert "Traceback" not in unknown.stderr
    missing = srcli("ablate", "cirn-isab", "--data", "hr", "--test", "none", "--out", "run")
    assert missing.returncode == 2
    assert "There are no pictures in none." in missing.stderr


def test_an_interrupted_ablation_is_saved(python, tmp_path):
    command = [
        *(python, "-m", "srcli", "ablate", "asdn-phases", "--data", "hr", "--test", "hr"),
        *("--out", "run", "--steps", "100000"),
    ]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(
        command, cwd=tmp_path, stderr=subprocess.PIPE, text=True, env=environment
    ) as run:
        assert "Variant 1 of 3" in run.stderr.readline()
        assert "step 100 " in run.stderr.readline()
        run.send_signal(signal.SIGINT)
        talk = run.stderr.read()
    assert run.returncode == 130
    assert "--resume" in talk
    assert (tmp_path / "run/5-levels/state.pt").exists()
