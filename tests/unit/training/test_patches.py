from random import Random

import numpy as np
import pytest
import torch
from PIL import Image

from srcli.errors import DataError, NoPictures
from srcli.images.decode import read_uint8
from srcli.training.patches import CropSource, TaughtCrops, picture_files, taught_files

HR, TAUGHT = 50, 200
"""Grey levels that tell the pictures apart."""


@pytest.fixture
def taught_source(tmp_path):
    for folder, level in (("hr", HR), ("taught/x4", TAUGHT)):
        (tmp_path / folder).mkdir(parents=True)
        picture = Image.fromarray(np.full((64, 64, 3), level, np.uint8))
        picture.save(tmp_path / folder / "a.png")
    taught = taught_files(tmp_path / "taught")
    return CropSource(
        picture_files(tmp_path / "hr"),
        32,
        taught={4: TaughtCrops(files=taught[4], side=64)},
        taught_share=0.75,
    )


def test_an_empty_folder_is_an_error(tmp_path):
    with pytest.raises(DataError):
        picture_files(tmp_path)


def test_pictures_smaller_than_a_crop_are_an_error(pictures):
    with pytest.raises(DataError):
        CropSource(picture_files(pictures), 200)


def test_pictures_come_as_bytes(pictures):
    files = picture_files(pictures)
    assert [path.name for path in files] == ["a.png", "b.png", "c.png"]
    assert read_uint8(files[0]).shape == (1, 3, 80, 96)
    assert read_uint8(files[0]).dtype == torch.uint8


def test_hidden_files_and_folders_are_no_pictures(pictures):
    (pictures / "._a.png").write_bytes(b"what macOS leaves")
    (pictures / "folder.png").mkdir()
    assert [path.name for path in picture_files(pictures)] == ["a.png", "b.png", "c.png"]


@pytest.mark.parametrize(("factor", "learned"), [(4, 6), (3, 0), (None, 0)])
def test_a_teacher_is_followed_at_its_factor_alone(taught_source, factor, learned):
    crops = taught_source.draw(8, 32, Random(0), factor=factor)
    assert [int(crop[0, 0, 0]) for crop in crops] == [HR] * (8 - learned) + [TAUGHT] * learned


def test_results_of_a_teacher_are_found_by_their_factors(tmp_path):
    with pytest.raises(NoPictures, match="no results of a teacher"):
        taught_files(tmp_path)
    (tmp_path / "x3").mkdir()
    with pytest.raises(NoPictures, match="no pictures"):
        taught_files(tmp_path)
    Image.new("RGB", (8, 8)).save(tmp_path / "x3" / "a.png")
    assert taught_files(tmp_path) == {3: (tmp_path / "x3" / "a.png",)}
