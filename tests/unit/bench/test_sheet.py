import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from srcli.bench.baselines import bicubic, nearest
from srcli.bench.datasets import Dataset
from srcli.bench.runner import Bench, Candidate, run_bench
from srcli.bench.sheet import crop_sheet
from srcli.errors import ImageError

GOLDEN = Path(__file__).parents[2] / "golden" / "protocol"
BUTTERFLY = Dataset(name="Set5", images=(GOLDEN / "butterfly.png",))
CANDIDATES = [
    Candidate(model="nearest", upscale=nearest),
    Candidate(model="bicubic", upscale=bicubic),
]


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data)).convert("RGB")


def test_hr_comes_first_then_bicubic_once_then_the_models() -> None:
    sheet = crop_sheet(BUTTERFLY, 0, CANDIDATES, 3)
    assert [panel.title for panel in sheet.panels] == ["HR", "bicubic", "nearest"]
    assert sheet.title == "Set5, butterfly.png"
    assert (sheet.height, sheet.width) == (255, 255)


def test_every_panel_is_the_same_area_of_its_picture() -> None:
    sheet = crop_sheet(BUTTERFLY, 0, CANDIDATES, 3)
    assert (sheet.window.height, sheet.window.width) == (96, 96)
    with Image.open(GOLDEN / "butterfly.png") as file:
        expected = file.crop((0, 0, 255, 255))
    assert np.array_equal(opened(sheet.panels[0].png), expected)
    assert {opened(panel.png).size for panel in sheet.panels} == {(255, 255)}
    assert len({panel.png for panel in sheet.panels}) == 3


def test_of_a_large_picture_the_area_around_the_window_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "wide.png"
    with Image.open(GOLDEN / "butterfly.png") as file:
        file.resize((900, 400)).save(path)
    sheet = crop_sheet(Dataset(name="wide", images=(path,)), 0, [], 2)
    assert (sheet.area.height, sheet.area.width) == (400, 480)
    assert sheet.area.left <= sheet.window.left
    assert sheet.window.right <= sheet.area.right
    assert opened(sheet.panels[0].png).size == (480, 400)


def test_the_numbers_are_those_of_the_bench() -> None:
    records = run_bench(Bench(datasets=[BUTTERFLY], candidates=CANDIDATES, scales=[3]))
    _, plain, first = crop_sheet(BUTTERFLY, 0, CANDIDATES, 3).panels
    assert (first.scores, plain.scores) == (records[0].scores, records[1].scores)


def test_the_overview_shows_the_whole_picture_small(tmp_path: Path) -> None:
    path = tmp_path / "wide.png"
    with Image.open(GOLDEN / "butterfly.png") as file:
        file.resize((800, 400)).save(path)
    dataset = Dataset(name="wide", images=(path,))
    assert opened(crop_sheet(dataset, 0, [], 2).overview).size == (320, 160)


def test_given_lr_pictures_are_used(tmp_path: Path) -> None:
    lr = tmp_path / "lr.png"
    Image.new("RGB", (64, 64), (200, 0, 0)).save(lr)
    sheet = crop_sheet(replace(BUTTERFLY, lr_images=(lr,)), 0, [], 4)
    assert opened(sheet.panels[1].png).getcolors() == [(256 * 256, (200, 0, 0))]


def test_a_broken_picture_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"no picture")
    with pytest.raises(ImageError):
        crop_sheet(Dataset(name="bad", images=(tmp_path / "a.png",)), 0, [], 2)
