import json
import os
import socket
import subprocess

import numpy as np
import pytest
import torch
from PIL import Image

from srcli.networks.catalog import NETWORKS

OPTIONS = (
    *("train", "--data", "hr", "--val", "hr", "--steps", "3", "--batch", "4", "--patch", "32"),
    *("--degradation", "photo", "--recursive", "0.5", "--precision", "float32"),
    *("--warmup", "1", "--loaders", "0"),
)


@pytest.fixture
def launch(python, tmp_path):
    """Run the command in two processes on this machine."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}

    def run(*arguments: str) -> subprocess.CompletedProcess:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = str(free.getsockname()[1])
        launcher = (python, "-m", "accelerate.commands.launch", "--multi_gpu")
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
        noise = generator.integers(0, 256, (112, 120, 3), dtype=np.uint8)
        Image.fromarray(noise).save(tmp_path / f"hr/{n}.png")


def news(folder):
    (line,) = (folder / "metrics.jsonl").read_text().splitlines()
    return json.loads(line)


def weights(folder):
    state = torch.load(folder / "state.pt", weights_only=True)["network"]
    return torch.cat([value.flatten() for value in state.values()])


def fresh_weights():
    torch.manual_seed(0)
    spec = NETWORKS["asdn"]
    state = spec.build(spec.configure("fast")).state_dict()
    return torch.cat([value.flatten() for value in state.values()])


@pytest.mark.parametrize(
    ("optimizer", "rounding"),
    [
        ("adam", 1e-4),
        # Muon raises the least singular values of a gradient some hundred times, in bfloat16,
        # and these are rounding themselves where a batch is as small as here.
        ("muon", 0.2),
    ],
)
def test_two_processes_learn_what_one_does(srcli, launch, tmp_path, optimizer, rounding):
    together = launch(*OPTIONS, "--out", "two", "--optimizer", optimizer)
    assert together.returncode == 0, together.stderr
    assert together.stdout == "two/best.safetensors\n"
    assert together.stderr.count("step 3 ") == 1
    alone = srcli(*OPTIONS, "--out", "one", "--optimizer", optimizer)
    assert alone.returncode == 0, alone.stderr
    one, two = news(tmp_path / "one"), news(tmp_path / "two")
    assert two["loss"] == pytest.approx(one["loss"], rel=1e-4)
    for scale, psnr in one["validation"]["psnr_y"].items():
        assert two["validation"]["psnr_y"][scale] == pytest.approx(psnr, abs=0.02)
    found, expected = weights(tmp_path / "two"), weights(tmp_path / "one")
    moved = (expected - fresh_weights()).norm()
    assert 0 < (found - expected).norm() < rounding * moved, "0: one did the work of both"
