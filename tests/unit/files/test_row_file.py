"""Rows that a later run finds again."""

import os

import pytest

from srcli.errors import DiskFull
from srcli.files.row_file import RowFile

ROWS, ROW = 10, 5000


def paint(file, start, stop):
    for row in range(start, stop):
        file.memory[row * ROW : (row + 1) * ROW] = bytes([row]) * ROW


@pytest.fixture
def path(tmp_path):
    return tmp_path / "folder" / "picture.rows"


OPENED = []


@pytest.fixture(autouse=True)
def closed():
    yield
    while OPENED:
        OPENED.pop().close()


def open_file(path, key="a key", rows=ROWS):
    OPENED.append(RowFile(path, key, rows=rows, row_bytes=ROW))
    return OPENED[-1]


def half_done(path):
    file = open_file(path)
    paint(file, 0, 3)
    file.finish(3)
    paint(file, 3, 7)
    file.finish(7)
    paint(file, 7, 9)
    file.close()


def test_finished_rows_are_found_again_and_the_others_are_not(path):
    half_done(path)
    file = open_file(path)
    assert file.done == 7
    assert file.memory[: 7 * ROW] == b"".join(bytes([row]) * ROW for row in range(7))
    file.finish(7)
    file.finish(2)
    paint(file, 7, 10)
    file.finish(10)
    file.close()
    assert open_file(path).done == 10


@pytest.mark.parametrize(("key", "rows"), [("another key", ROWS), ("a key", ROWS + 1)])
def test_rows_of_something_else_are_not_continued(path, key, rows):
    half_done(path)
    file = open_file(path, key, rows)
    assert file.done == 0
    file.finish(1)
    file.close()
    assert open_file(path, key, rows).done == 1


@pytest.mark.parametrize(("place", "done"), [(0, 0), (3 * ROW, 3), (7 * ROW - 1, 3), (8 * ROW, 7)])
def test_a_band_that_was_changed_is_made_again(path, place, done):
    half_done(path)
    with path.open("r+b") as file:
        file.seek(place)
        file.write(b"\xff")
    found = open_file(path)
    assert found.done == done
    paint(found, done, 10)
    found.finish(10)
    found.close()
    assert open_file(path).done == 10


@pytest.mark.parametrize("cut", range(1, 140, 7))
def test_a_journal_that_was_cut_is_read_as_far_as_it_goes(path, cut):
    half_done(path)
    os.truncate(path, path.stat().st_size - cut)
    assert open_file(path).done in {0, 3}


@pytest.mark.parametrize("line", [b"8 \xff\n", b"-1 x\n", b"9" * 30 + b" 00\n", b"\n", b"9"])
def test_a_journal_of_nonsense_is_not_believed(path, line):
    half_done(path)
    with path.open("ab") as file:
        file.write(line)
    assert open_file(path).done == 7


def test_two_runs_do_not_share_a_file(path):
    first, second = open_file(path), open_file(path)
    assert second.path is None
    paint(second, 0, 10)
    second.finish(10)
    first.finish(1)
    second.remove()
    first.close()
    assert open_file(path).done == 1


def test_rows_can_be_read_after_the_file_is_removed(path):
    file = open_file(path)
    paint(file, 0, 10)
    file.finish(10)
    file.remove()
    assert not path.exists()
    assert file.memory[9 * ROW] == 9


def test_a_full_disk_is_told_before_any_work(path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)
    with pytest.raises(DiskFull):
        open_file(path)


def test_a_link_in_the_place_of_the_file_is_not_followed(path, tmp_path):
    target = tmp_path / "precious"
    target.write_bytes(b"kept")
    path.parent.mkdir()
    path.symlink_to(target)
    with pytest.raises(Exception, match="cannot be written"):
        open_file(path)
    assert target.read_bytes() == b"kept"
