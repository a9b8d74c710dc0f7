import pytest
import torch

from srcli.errors import DataError
from srcli.images.decode import read_uint8
from srcli.training.patches import CropSource, picture_files


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
