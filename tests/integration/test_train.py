import json
import os
import signal
import subprocess
import tomllib

import numpy as np
import pytest
import torch
from PIL import Image


def test_a_trained_file_can_be_used_at_once(srcli, photo, tmp_path):
    (tmp_path / "hr").mkdir()
    noise = np.random.default_rng(0).integers(0, 256, (128, 128, 3), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "hr/noise.png")
    done = srcli(
        *("train", "--data", "hr", "--val", "hr", "--out", "run", "--steps", 2),
        *("--batch", 1, "--patch", 32, "--validate-every", 1),
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "run/best.safetensors\n"
    used = srcli("upscale", photo, "--model", "run/best.safetensors", "-o", "out.png")
    assert used.returncode == 0, used.stderr
    again = srcli("train", "--data", "hr", "--val", "hr", "--out", "run", "--steps", 2)
    assert again.returncode == 3
    assert "--resume" in again.stderr


def test_an_interrupted_run_is_saved_and_goes_on(python, tmp_path, photo):
    Image.open(photo).resize((96, 96)).save(tmp_path / "large.png")
    photo.unlink()
    command = [
        *(python, "-m", "srcli", "train", "--data", ".", "--val", ".", "--out", "run"),
        *("--batch", "1", "--patch", "32", "--steps", "1000000", "--validate-every", "1000000"),
    ]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(
        command, cwd=tmp_path, stderr=subprocess.PIPE, text=True, env=environment
    ) as run:
        assert "step 100 " in run.stderr.readline()
        run.send_signal(signal.SIGINT)
        talk = run.stderr.read()
    assert run.returncode == 130
    assert "--resume" in talk
    assert "Traceback" not in talk
    done = torch.load(tmp_path / "run/state.pt", weights_only=True)["step"]
    assert done >= 100
    again = subprocess.run(
        [*command, "--resume", "--max-minutes", "0.0001"],
        cwd=tmp_path,
        check=False,
        env=environment,
    )
    assert again.returncode == 0
    assert torch.load(tmp_path / "run/state.pt", weights_only=True)["step"] >= done


def test_a_file_of_settings_is_overruled_by_options_and_written_back(srcli, tmp_path):
    (tmp_path / "hr").mkdir()
    noise = np.random.default_rng(0).integers(0, 256, (128, 128, 3), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "hr/noise.png")
    asked = {"data": "hr", "val": "hr", "out": "run", "steps": 1, "batch": 2, "patch": 32}
    lines = [f"{key} = {json.dumps(value)}" for key, value in asked.items()]
    (tmp_path / "asked.toml").write_text("\n".join([*lines, "ema = 0.5", "warmup = 3"]))
    done = srcli(
        *("train", "--config", "asked.toml", "--batch", 1, "--warmup", 7, "--lr", "0.002"),
        *("--schedule", "step", "--halve-every", "0.3", "--clip", 0, "--loaders", 2),
    )
    assert done.returncode == 0, done.stderr
    found = tomllib.loads((tmp_path / "run/run.toml").read_text())
    expected = {**asked, "batch": 1, "ema": 0.5, "warmup": 7, "learning_rate": 0.002}
    expected |= {"schedule": "step", "halve_every": 0.3, "clip": 0, "loaders": 2}
    assert {key: found[key] for key in expected} == expected
    with Image.open(tmp_path / "run/curves.png") as curves:
        assert curves.format == "PNG"
    again = srcli("train", "--config", "run/run.toml", "--resume", "--steps", 2)
    assert again.returncode == 0, again.stderr
    state = torch.load(tmp_path / "run/state.pt", weights_only=True)
    assert state["step"] == 2
    torch.save({**state, "step": -1}, tmp_path / "run/state.pt")
    refused = srcli("train", "--config", "run/run.toml", "--resume", "--steps", 3)
    assert refused.returncode == 3
    assert "is damaged, or is not the state of a training run" in refused.stderr
    assert "Its step is -1" in refused.stderr


def test_a_setting_that_means_nothing_is_said(srcli, tmp_path):
    (tmp_path / "asked.toml").write_text("stepz = 3")
    done = srcli("train", "--config", "asked.toml")
    assert done.returncode == 2
    assert "'stepz', which means nothing" in done.stderr


def test_curves_that_cannot_be_drawn_are_said(srcli, tmp_path, monkeypatch):
    (tmp_path / "hr").mkdir()
    Image.new("RGB", (128, 128), "red").save(tmp_path / "hr/red.png")
    monkeypatch.setattr("srcli.training.curves.can_draw", lambda: False)
    done = srcli(
        *("train", "--data", "hr", "--val", "hr", "--out", "run", "--steps", 1),
        *("--batch", 1, "--patch", 32, "--max-minutes", "0.00001"),
    )
    assert done.returncode == 0, done.stderr
    assert "pip install 'srcli[train]'" in done.stderr
    assert not (tmp_path / "run/curves.png").exists()


@pytest.mark.parametrize("rank", [0, 1])
def test_only_the_first_process_talks(srcli, monkeypatch, rank):
    def fake(request, *_listeners, **_more):
        os.kill(os.getpid(), signal.SIGINT)
        return request.out / "best.safetensors"

    monkeypatch.setattr("srcli.usecases.train.train", fake)
    monkeypatch.setenv("RANK", str(rank))
    done = srcli("train", "--data", ".", "--val", ".", "--out", "run", "--steps", 1)
    assert done.returncode == 130
    assert done.stdout == ("" if rank else "run/best.safetensors\n")
    assert ("--resume" in done.stderr) == (rank == 0)


@pytest.mark.parametrize("line", ["batch = 0", 'steps = "many"', "hold = 3.5"])
def test_a_file_is_held_to_the_limits_of_options(srcli, tmp_path, line):
    (tmp_path / "asked.toml").write_text(line)
    asked = ("train", "--config", "asked.toml", "--data", ".", "--val", ".", "--out", "run")
    done = srcli(*asked, *(() if "steps" in line else ("--steps", 1)))
    assert done.returncode == 2
    assert f"--{line.split()[0]}" in done.stderr


def test_a_folder_without_pictures_is_said(srcli, tmp_path):
    (tmp_path / "empty").mkdir()
    done = srcli("train", "--data", "empty", "--val", "empty", "--out", "run", "--steps", 1)
    assert done.returncode == 2
    assert "no pictures" in done.stderr
    assert not (tmp_path / "run").exists()


def test_an_unknown_preset_is_said(srcli):
    done = srcli(
        *("train", "--data", ".", "--val", ".", "--out", "run", "--steps", 1, "--preset", "huge")
    )
    assert done.returncode == 2
    assert "huge" in done.stderr


def test_variables_overrule_a_file_of_settings_and_it_overrules_srcli_toml(
    srcli, tmp_path, monkeypatch
):
    (tmp_path / "hr").mkdir()
    Image.new("RGB", (128, 128), "red").save(tmp_path / "hr/red.png")
    own = tmp_path / "config/srcli/srcli.toml"
    own.parent.mkdir(parents=True)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    own.write_text('[train]\ndata = "hr"\nval = "hr"\nbatch = 3\npatch = 48\nwarmup = 5\n')
    (tmp_path / "asked.toml").write_text("batch = 2\npatch = 32\n")
    monkeypatch.setenv("SRCLI_TRAIN_BATCH", "1")
    done = srcli("train", "--config", "asked.toml", "--out", "run", "--steps", 1)
    assert done.returncode == 0, done.stderr
    found = tomllib.loads((tmp_path / "run/run.toml").read_text())
    expected = {"data": "hr", "batch": 1, "patch": 32, "warmup": 5}
    assert {key: found[key] for key in expected} == expected
