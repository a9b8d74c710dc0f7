"""Pictures damaged at random: each is made or refused, in time, in little memory, in silence."""

from __future__ import annotations

import importlib.util
import random
import sys
from pathlib import Path

from PIL import Image

COUNT = 60
ADDRESS_SPACE = 6_000_000  # kilobytes


def fuzzer():
    spec = importlib.util.spec_from_file_location("fuzz", Path(__file__).with_name("fuzz.py"))
    module = importlib.util.module_from_spec(spec)
    sys.modules["fuzz"] = module  # dataclasses look there
    spec.loader.exec_module(module)
    return module


def test_a_folder_of_damaged_pictures_is_done_or_refused(tmp_path):
    fuzz = fuzzer()
    fuzz.make_folder(tmp_path / "in", fuzz.make_seeds(), count=COUNT, chance=random.Random(11))
    options = ("--scale", "1.5", "--allow-damaged")
    found = fuzz.measure(tmp_path / "in", tmp_path / "out", *options, limit=ADDRESS_SPACE)
    assert found.talk == ""
    assert found.code == 3
    assert found.kinds["done"] + found.kinds["failed"] == found.found == COUNT
    assert min(found.kinds["done"], found.kinds["failed"]) > COUNT // 10
    assert found.strays == []
    assert found.peak <= 1.5e9
    assert set(found.errors) == {"UnreadableImage"}
    for path in (tmp_path / "out").rglob("*.png"):
        with Image.open(path) as image:
            image.load()
