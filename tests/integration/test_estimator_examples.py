"""The small networks that look at a picture for ``auto`` can be trained anew."""

import subprocess
from pathlib import Path

import pytest
from PIL import Image

from srcli.weights.formats.tensor_file import read_tensors

ROOT = Path(__file__).parents[2]


@pytest.fixture
def pictures(tmp_path):
    """A folder with one picture that has details."""
    (tmp_path / "hr").mkdir()
    Image.open(ROOT / "examples/house.png").convert("RGB").save(tmp_path / "hr/house.png")
    return tmp_path


@pytest.mark.parametrize(
    ("name", "options", "told"),
    [
        ("sharpening", ["--crops", "3"], "dB below the best share of each"),
        (
            "suited",
            ["--count", "60", "--seen", "seen.safetensors"],
            "dB below the best mix of each",
        ),
    ],
)
def test_a_network_is_trained_that_has_the_form_of_the_one_in_use(
    name, options, told, python, pictures
):
    command = [python, ROOT / f"examples/{name}.py", "hr", "out.safetensors", *options]
    done = subprocess.run(command, cwd=pictures, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert told in done.stdout
    made = read_tensors(pictures / "out.safetensors")
    used = read_tensors(ROOT / f"srcli/pipeline/{name}.safetensors")
    assert {name: t.shape for name, t in made.items()} == {n: t.shape for n, t in used.items()}
    assert all(tensor.isfinite().all() for tensor in made.values())
