import json
import os
import socket
import subprocess
import sys

import numpy as np
import pytest
import torch
from PIL import Image

OPTIONS = (
    *("train", "--data", "hr", "--val", "hr", "--steps", "3", "--batch", "4", "--patch", "32"),
    *("--degradation", "photo", "--recursive", "0.5", "--precision", "float32"),
    *("--warmup", "1", "--loaders", "0"),
)


@pytest.fixture
def launch(tmp_path):
    """Run the command in two processes on this machine."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}

    def run(*arguments: str) -> subprocess.CompletedProcess:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = str(free.getsockname()[1])
        launcher = (sys.executable, "-m", "accelerate.commands.launch", "--multi_gpu")
        return subprocess.run(
            [
                *(*launcher, "--num_processes", "2", "--num_machines", "1"),
                *("--main_process_port", port, "--mixed_precision", "no"),
                *("--dynamo_backend", "no", "-m", "srcli", *arguments),
            ],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


@pytest.fixture(autouse=True)
def _pictures(tmp_path):
    (tmp_path / "hr").mkdir()
    generator = np.random.default_rng(0)
    for n in range(3):
        noise = generator.integers(0, 256, (60, 64, 3), dtype=np.uint8)
        Image.fromarray(noise).save(tmp_path / f"hr/{n}.png")


def news(folder):
    return [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]


def test_two_processes_learn_what_one_does(srcli, launch, tmp_path):
    together = launch(*OPTIONS, "--out", "two")
    assert together.returncode == 0, together.stderr
    assert together.stdout == "two/best.safetensors\n"
    assert together.stderr.count("step 3 ") == 1
    alone = srcli(*OPTIONS, "--out", "one")
    assert alone.returncode == 0, alone.stderr
    (one,), (two,) = news(tmp_path / "one"), news(tmp_path / "two")
    assert two["loss"] == pytest.approx(one["loss"], rel=1e-5)
    for scale, psnr in one["validation"]["psnr_y"].items():
        assert two["validation"]["psnr_y"][scale] == pytest.approx(psnr, abs=1e-3)
    expected, found = (
        torch.load(tmp_path / name / "state.pt", weights_only=True)["network"]
        for name in ("one", "two")
    )
    moved = 0.0
    for key, value in expected.items():
        assert torch.allclose(found[key], value, rtol=1e-3, atol=1e-6), key
        moved += (found[key] - value).abs().sum().item()
    assert moved > 0, "one process did the work of both"


def test_a_batch_that_cannot_be_shared_is_said(launch, tmp_path):
    done = launch(*OPTIONS, "--out", "odd", "--batch", "3")
    assert done.returncode != 0
    assert "a batch of 3 cannot be shared by 2 processes" in done.stderr
    assert not (tmp_path / "odd").exists()
