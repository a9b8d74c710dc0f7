import os
from pathlib import Path

import pytest

from srcli.errors import MissingImage, UnreadableImage, UsageError
from srcli.serve.folders import Folders

MOST = 100


@pytest.fixture
def place(tmp_path) -> Path:
    (tmp_path / "in/below").mkdir(parents=True)
    (tmp_path / "out").mkdir()
    (tmp_path / "in/a.png").write_bytes(b"a")
    (tmp_path / "in/below/b.png").write_bytes(b"b")
    (tmp_path / "out/secret").write_bytes(b"secret")
    (tmp_path / "in/leaves").symlink_to(tmp_path / "out/secret")
    (tmp_path / "in/folder").symlink_to(tmp_path / "out")
    (tmp_path / "in/stays").symlink_to(tmp_path / "in/below/b.png")
    (tmp_path / "in/circle").symlink_to(tmp_path / "in/circle")
    return tmp_path


def test_what_is_inside_is_read(place):
    folders = Folders([place / "in"])
    assert folders.read("a.png", most=MOST) == b"a"
    assert folders.read(str(place / "in/below/b.png"), most=MOST) == b"b"
    assert folders.read("below/../stays", most=MOST) == b"b"


@pytest.mark.parametrize(
    "given",
    [
        "../out/secret",
        "/etc/passwd",
        "leaves",
        "folder/secret",
        "below/../../out/secret",
        "circle",
        "a\0b",
    ],
)
def test_what_leads_out_is_refused(place, given):
    with pytest.raises(UsageError, match=r"not in a folder that is allowed|leads nowhere"):
        Folders([place / "in"]).read(given, most=MOST)


def test_whether_something_is_there_outside_is_not_told(place):
    folders = Folders([place / "in"])
    texts = []
    for given in ("../out/secret", "../out/nothing"):
        with pytest.raises(UsageError) as refused:
            folders.inside(given)
        texts.append(refused.value.message.replace(given, ""))
    assert texts[0] == texts[1]


def test_a_link_that_came_after_the_look_is_not_followed(place, monkeypatch):
    folders = Folders([place / "in"])
    monkeypatch.setattr(folders, "inside", lambda given: place / "in" / given)
    for given in ("leaves", "folder/secret"):
        with pytest.raises(UnreadableImage, match="cannot be read"):
            folders.read(given, most=MOST)


def test_only_files_of_a_size_are_read(place):
    os.mkfifo(place / "in/pipe")
    (place / "in/large").write_bytes(bytes(MOST + 1))
    folders = Folders([place / "in"])
    with pytest.raises(UnreadableImage, match="not a regular file"):
        folders.read("pipe", most=MOST)
    with pytest.raises(UnreadableImage, match=r"is larger than the 0.0001 MB"):
        folders.read("large", most=MOST)
    for given in ("below", "."):
        with pytest.raises(UnreadableImage):
            folders.read(given, most=MOST)
    with pytest.raises(MissingImage) as missing:
        folders.read("b.png", most=MOST)
    assert missing.value.hint == f"Did you mean {place / 'in/a.png'}?"


def test_folders_must_be_there(place):
    for wrong in ([], [place / "in/a.png"], [place / "nowhere"]):
        with pytest.raises(UsageError):
            Folders(wrong)
