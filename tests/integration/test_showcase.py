"""The picture of the README is what its command draws today."""

import importlib.util
from pathlib import Path

import numpy as np
from PIL import Image

ROOT = Path(__file__).parents[2]


def test_the_picture_is_that_of_its_command():
    spec = importlib.util.spec_from_file_location("showcase", ROOT / "examples/showcase.py")
    showcase = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(showcase)
    drawn = showcase.draw().astype(float)
    with Image.open(ROOT / "docs/showcase.webp") as file:
        committed = np.asarray(file.convert("RGB")).astype(float)
    assert committed.shape == drawn.shape
    assert np.square(committed - drawn).mean() < 10  # WebP loses a little
