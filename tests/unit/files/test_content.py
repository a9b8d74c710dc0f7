"""Bytes in memory, or in a file without a name."""

import hashlib
import io

import pytest

from srcli.errors import DiskFull
from srcli.files.content import Content


@pytest.mark.parametrize("in_a_file", [False, True])
def test_what_was_written_is_read_in_every_way(tmp_path, in_a_file):
    folder = tmp_path / "made" if in_a_file else None
    content = Content(b"head", folder)
    content.file.write(b" and the rest")
    content.file.seek(0)
    content.file.write(b"HEAD")
    whole = b"HEAD and the rest"
    assert content.read() == whole
    assert len(content) == len(whole)
    assert content.sha256 == hashlib.sha256(whole).hexdigest()
    target = io.BytesIO()
    content.copy_to(target)
    assert target.getvalue() == whole
    content.file.close()
    assert not folder or not list(folder.iterdir())


def test_each_write_to_a_file_is_told(tmp_path):
    told = []
    content = Content(folder=tmp_path, after_write=lambda: told.append(len(told)))
    for _ in range(3):
        content.file.write(b"part")
    assert len(told) >= 3
    content.file.close()


def test_a_folder_that_cannot_be_written_is_told(tmp_path, monkeypatch):
    def full(**_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tempfile.TemporaryFile", full)
    with pytest.raises(DiskFull):
        Content(folder=tmp_path)
