from __future__ import annotations

import errno
import os
import threading
from pathlib import Path

import pytest

from srcli.errors import DiskFull, ImageError, UnwritableFile, UnwritableImage
from srcli.files.atomic import _claim_without_links, disk_errors, write_file


def test_missing_folders_are_made_and_nothing_else_is_left(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "c.png"
    write_file(path, b"data", overwrite=False)
    assert path.read_bytes() == b"data"
    assert list(path.parent.iterdir()) == [path]


def test_a_new_file_has_the_rights_of_any_new_file(tmp_path: Path) -> None:
    (tmp_path / "plain").write_bytes(b"")
    write_file(tmp_path / "ours", b"", overwrite=False)
    assert (tmp_path / "ours").stat().st_mode == (tmp_path / "plain").stat().st_mode


@pytest.mark.parametrize("overwrite", [True, False])
def test_what_the_disk_refuses_only_at_the_end_never_gets_the_name(
    overwrite: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(descriptor: int) -> None:
        assert os.fstat(descriptor).st_size == len(b"data")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    path = tmp_path / "a.png"
    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(DiskFull):
        write_file(path, b"data", overwrite=overwrite)
    assert list(tmp_path.iterdir()) == []


def test_of_many_writers_at_once_exactly_one_gets_the_name(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    start = threading.Barrier(8)
    won: list[bytes] = []

    def write(data: bytes) -> None:
        start.wait()
        try:
            write_file(path, data, overwrite=False)
        except UnwritableFile:
            return
        won.append(data)

    writers = [threading.Thread(target=write, args=(bytes([n]) * 9,)) for n in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert won == [path.read_bytes()]
    assert list(tmp_path.iterdir()) == [path]


def test_a_dangling_link_is_not_written_over(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.symlink_to(tmp_path / "nowhere")
    with pytest.raises(UnwritableFile, match="exists already"):
        write_file(path, b"data", overwrite=False)
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_in_the_place_of_a_folder_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(UnwritableFile, match="a file is where its folder should be"):
        write_file(tmp_path / "file" / "a.png", b"data", overwrite=False)


def test_a_folder_in_the_place_of_the_file_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "a.png").mkdir()
    with pytest.raises(UnwritableFile):
        write_file(tmp_path / "a.png", b"data", overwrite=True)
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]


def test_a_name_that_is_too_long_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnwritableFile, match="cannot be written: file name too long"):
        write_file(tmp_path / ("n" * 300 + ".png"), b"data", overwrite=False)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("overwrite", [True, False])
def test_where_nothing_may_be_written_the_refusal_says_so(overwrite: bool) -> None:
    with pytest.raises(UnwritableFile, match=r"^/proc/a.png cannot be written: "):
        write_file(Path("/proc/a.png"), b"data", overwrite=overwrite)


def test_a_full_disk_is_told_from_other_failures(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    full = os.open("/dev/full", os.O_WRONLY)
    try:
        with pytest.raises(DiskFull, match="the disk is full"), disk_errors(path):
            os.write(full, b"data")
    finally:
        os.close(full)


def test_without_hard_links_a_taken_name_is_still_respected(tmp_path: Path) -> None:
    path, temporary = tmp_path / "a.png", tmp_path / "part"
    temporary.write_bytes(b"new")
    _claim_without_links(temporary, path)
    assert path.read_bytes() == b"new"
    temporary.write_bytes(b"newer")
    with pytest.raises(FileExistsError):
        _claim_without_links(temporary, path)
    assert path.read_bytes() == b"new"


def test_without_hard_links_a_failure_gives_the_name_back(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        _claim_without_links(tmp_path / "missing", tmp_path / "a.png")
    assert list(tmp_path.iterdir()) == []


def test_a_picture_is_told_from_other_files(tmp_path: Path) -> None:
    """A manifest that cannot be written is no fault of a picture."""
    (tmp_path / "file").write_bytes(b"")
    path = tmp_path / "file" / "a"
    with pytest.raises(UnwritableFile) as plain:
        write_file(path, b"data", overwrite=False)
    with pytest.raises(UnwritableImage) as picture:
        write_file(path, b"data", overwrite=False, failure=UnwritableImage)
    assert plain.type is UnwritableFile
    assert not issubclass(plain.type, ImageError)
    assert plain.value.message == picture.value.message
    assert plain.value.exit_code == picture.value.exit_code == 3
