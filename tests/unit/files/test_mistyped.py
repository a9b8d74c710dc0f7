from pathlib import Path

from srcli.files.mistyped import missing_file_hint


def test_the_file_beside_it_with_a_name_like_it_is_offered(tmp_path):
    (tmp_path / "photo.jpg").touch()
    (tmp_path / "other.png").touch()
    meant = tmp_path / "photo.jpg"
    assert missing_file_hint(tmp_path / "phtoo.jpg") == f"Did you mean {meant}?"


def test_in_the_current_folder_the_name_alone_is_offered(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("photo.jpg").touch()
    assert missing_file_hint(Path("photo.jpeg")) == "Did you mean photo.jpg?"


def test_without_such_a_file_or_folder_the_name_is_to_be_checked(tmp_path):
    assert missing_file_hint(tmp_path / "photo.jpg") == "Check its name."
    assert missing_file_hint(tmp_path / "none" / "photo.jpg") == "Check its name."
