import os
import tempfile

import pytest

from srcli.errors import DiskFull
from srcli.serve.spool import Spool


def test_what_is_written_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    spool = Spool(b"ab")
    spool.append(b"c" * 300_000)
    assert spool.content() == b"ab" + b"c" * 300_000
    assert spool.size == 300_002
    assert list(tmp_path.iterdir()) == []
    spool.drop()


def test_a_reader_reads_on_when_it_is_dropped():
    spool = Spool(b"a" * 600_000)
    pieces = spool.pieces()
    read = len(next(pieces))
    spool.drop()
    assert read + sum(map(len, pieces)) == 600_000
    assert spool.content() == b""


def test_a_full_disk_is_told():
    spool = Spool()
    with open("/dev/full", "wb", buffering=0) as full:  # noqa: PTH123 - a device
        os.dup2(full.fileno(), spool._file.fileno())
    with pytest.raises(DiskFull, match="temporary file"):
        spool.append(b"a")
    spool.drop()
