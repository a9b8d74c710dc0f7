"""The network that tells how much a picture was sharpened can be trained anew."""

import subprocess
from pathlib import Path

import pytest
from PIL import Image

from srcli.weights.formats.tensor_file import read_tensors

ROOT = Path(__file__).parents[2]
TRAINED = ROOT / "srcli/pipeline/sharpening.safetensors"


@pytest.fixture
def pictures(tmp_path):
    """A folder with one picture that has details."""
    (tmp_path / "hr").mkdir()
    Image.open(ROOT / "examples/house.png").convert("RGB").save(tmp_path / "hr/house.png")
    return tmp_path


def test_a_network_is_trained_that_has_the_form_of_the_one_in_use(python, pictures):
    command = [python, ROOT / "examples/sharpening.py", "hr", "out.safetensors", "--crops", "3"]
    done = subprocess.run(command, cwd=pictures, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "dB below the best share of each" in done.stdout
    made, used = read_tensors(pictures / "out.safetensors"), read_tensors(TRAINED)
    assert {name: t.shape for name, t in made.items()} == {n: t.shape for n, t in used.items()}
    assert all(tensor.isfinite().all() for tensor in made.values())
