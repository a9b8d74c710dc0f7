import importlib
import io
import sys
from pathlib import Path
from random import Random

import pytest
import torch
from PIL import Image

FOLDER = Path(__file__).parents[3] / "benchmarks"


@pytest.fixture
def wild(monkeypatch):
    monkeypatch.syspath_prepend(str(FOLDER))
    return importlib.import_module("wild")


@pytest.fixture
def wild_ways(wild):
    return sys.modules[wild.way_of.__module__]


@pytest.fixture
def hr() -> torch.Tensor:
    waves = torch.linspace(0, 9, 48).sin()[:, None] * torch.linspace(1, 7, 72).cos()
    image = 128 + 100 * waves.expand(1, 3, -1, -1)
    return image.to(torch.uint8)


@pytest.mark.parametrize("scale", [1, 2, 3, 4])
def test_every_way_makes_a_file_of_the_reduced_size_and_always_the_same(wild, hr, scale):
    for name in wild.WAYS:
        way = wild.way_of(name)
        file = way(hr, scale, Random(3))
        assert file == way(hr, scale, Random(3))
        with Image.open(io.BytesIO(file)) as image:
            assert image.size == (72 // scale, 48 // scale)
            assert image.mode == "RGB"
            assert image.format == way.container.name


def test_ways_are_as_strong_as_they_say(wild, wild_ways):
    grey = torch.full((1, 3, 96, 96), 128, dtype=torch.uint8)
    assert wild_ways.noisy(grey, Random(1), sigma=10).float().std().item() == pytest.approx(
        10, rel=0.03
    )
    dot = torch.zeros(1, 3, 21, 21, dtype=torch.uint8)
    dot[..., 10, 10] = 255
    soft = wild_ways.blurred(dot, Random(1), sigma=0.8)
    assert soft[0, 0, 10, 10].item() == pytest.approx(255 / (2 * torch.pi * 0.8**2), abs=2)
    with Image.open(io.BytesIO(wild.way_of("JPEG 75")(grey, 2, Random(1)))) as image:
        assert image.quantization[0][0] == 8


def test_one_picture_saved_as_png_has_the_pixels_of_the_other(wild, hr):
    jpeg, png = (wild.way_of(name)(hr, 2, Random(1)) for name in ("JPEG 60", "JPEG 60 as PNG"))
    with Image.open(io.BytesIO(jpeg)) as first, Image.open(io.BytesIO(png)) as second:
        assert first.tobytes() == second.tobytes()


@pytest.mark.parametrize("name", ["rain", "rain, JPEG 90", "JPEG 90, noise 2", "noise", ""])
def test_a_way_that_does_not_exist_is_named(wild, name):
    with pytest.raises(SystemExit, match=f"no way called '{name}'"):
        wild.way_of(name)


def test_steps_follow_each_other(wild, wild_ways, hr):
    lr = wild_ways.blurred(wild_ways.by_matlab(hr, 2), Random(1), sigma=0.8)
    expected = wild_ways.jpeg(90).write(wild_ways.noisy(lr, Random(1), sigma=2))
    assert wild.way_of("blurred 0.8, noise 2, JPEG 90")(hr, 2, Random(1)) == expected


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_scenes_are_the_same_for_every_run(wild, scale):
    for name, kind in (("line art", "line art"), ("line art, drawn anew", "line art")):
        first, again = (wild._scene_case(name, kind, scale, 1) for _ in range(2))
        assert torch.equal(first.hr, again.hr)
        assert first.file == again.file
        with Image.open(io.BytesIO(first.file)) as image:
            assert image.size == (384 // scale, 384 // scale)


def test_a_table_tells_mean_and_worst(wild):
    row = wild.Measured(
        name="clean", scale=2, bicubic=(30.0, 31.0), gains={"one": (1.0, -0.5)}, strip=()
    )
    lines = wild.table([row], ["one"], markdown=True).splitlines()
    assert lines[2] == "| x2 | clean | 2 | 30.50 | +0.25 (-0.50) |"
    assert wild.table([row], ["one"], markdown=False).splitlines()[1].split()[-1] == "(-0.50)"
