"""The scripts that train on a GPU, on whatever is here, with next to nothing to learn from."""

import json
import os
import subprocess
import tarfile
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from srcli.networks import asdn
from srcli.weights.formats.checkpoint import Header, load_model, save_model

ROOT = Path(__file__).parents[2]
LEAST = ("--batch", "1", "--patch", "16", "--precision", "float32")


@pytest.fixture
def folders(tmp_path) -> list[Path]:
    """Two folders of three pictures each, of which two have the same names."""
    generator = np.random.default_rng(0)
    for folder in ("photos", "more"):
        (tmp_path / folder / "below").mkdir(parents=True)
        for name in ("a.png", "below/b.png", f"{folder}.png"):
            noise = generator.integers(0, 256, (72, 66, 3), dtype=np.uint8)
            Image.fromarray(noise).save(tmp_path / folder / name)
    return [tmp_path / "photos", tmp_path / "more"]


def run(*command: object, **variables: object) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    environment |= {name: str(value) for name, value in variables.items()}
    return subprocess.run(
        [str(part) for part in command],
        check=False,
        capture_output=True,
        text=True,
        env=environment,
    )


def pack(python: Path, out: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    return run(python, ROOT / "examples/gpu/pack.py", *arguments, "--out", out)


def test_pictures_of_two_folders_are_packed_whole_and_run_in_parts(python, folders, tmp_path):
    packs = tmp_path / "packs"
    done = pack(python, packs, *folders, "--most-bytes", 60_000)
    assert done.returncode == 0, done.stderr
    found = {}
    for path in sorted(packs.iterdir()):
        assert path.stat().st_size <= 60_000
        with tarfile.open(path) as archive:
            for member in archive:
                found[member.name] = archive.extractfile(member).read()
    assert len(done.stdout.splitlines()) == len(list(packs.iterdir())) == 2
    assert found == {
        f"{n}/{path.relative_to(folder)}": path.read_bytes()
        for n, folder in enumerate(folders)
        for path in folder.rglob("*.png")
    }

    assert pack(python, packs, folders[0], "--name", "val").returncode == 0
    torch.manual_seed(0)
    start = tmp_path / "start.safetensors"
    weights = asdn.build(asdn.WIDE).state_dict()
    save_model(start, weights, Header(network="asdn", config=asdn.WIDE))
    script = ("bash", ROOT / "examples/gpu/run.sh")
    first = run(
        *(*script, 600, "--steps", 3, "--val-pictures", 1, *LEAST),
        PYTHON=python,
        PACKS=packs,
        WORK=tmp_path / "work",
        START=start,
        OUT=tmp_path / "first",
    )
    assert first.returncode == 0, first.stderr
    assert torch.load(tmp_path / "first/state.pt", weights_only=True)["step"] == 3
    start.unlink()

    work, second = tmp_path / "elsewhere", tmp_path / "second"
    unpacked = run(*script, 0, PACKS=packs, WORK=work)
    assert unpacked.returncode == 0, unpacked.stderr
    assert len(list((work / "train").rglob("*.png"))) == 6
    last = run(
        *(*script, 1, "--val-pictures", 1, *LEAST),
        PYTHON=python,
        WORK=work,
        OUT=second,
        EARLIER=tmp_path / "first",
        FALL=1,
    )
    assert last.returncode == 0, last.stderr
    lines = [json.loads(line) for line in (second / "metrics.jsonl").read_text().splitlines()]
    assert lines[0]["step"] == 3 < lines[-1]["step"]
    assert lines[-1]["validation"] is not None
    assert load_model(second / "best.safetensors").header.config == asdn.WIDE


def test_a_picture_larger_than_a_pack_is_named(python, folders, tmp_path):
    done = pack(python, tmp_path / "packs", *folders, "--most-bytes", 20_000)
    assert done.returncode == 1
    assert ".png alone is larger than a pack may be" in done.stderr
    assert not (tmp_path / "packs").exists()


def test_the_measurement_of_a_device_runs_on_any(python, folders):
    script, few = ROOT / "benchmarks/gpu_train.py", ("--batch", 1, "--patch", 16, "--loaders", 0)
    done = run(python, script, folders[0], *few, "--warm", 1, "--steps", 1)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("Mpx/s") == 4
    assert done.stdout.splitlines()[-1].startswith("recorded: ")
