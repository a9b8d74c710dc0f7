"""Archives made by hand, so that they may say what no tool would write."""

import gzip
import io
import tarfile

import pytest

from srcli.bench.archive import unpack
from srcli.errors import DataError


def packed(path, *members):
    """Write an archive of members and their content."""
    plain = io.BytesIO()
    for member, content in members:
        plain.write(member.tobuf(tarfile.GNU_FORMAT))
        plain.write(content.ljust(-(-len(content) // 512) * 512, b"\0"))
    path.write_bytes(gzip.compress(plain.getvalue() + bytes(1024)))
    return path


def member(name, size, kind=tarfile.REGTYPE):
    made = tarfile.TarInfo(name)
    made.size, made.type = size, kind
    return made


def test_files_and_folders_come_out(tmp_path):
    folder = member("Set5/", 0, tarfile.DIRTYPE)
    archive = packed(tmp_path / "a.tar.gz", (folder, b""), (member("Set5/a.png", 3), b"abc"))
    unpack(archive, tmp_path / "out")
    assert (tmp_path / "out/Set5/a.png").read_bytes() == b"abc"


def test_a_file_of_holes_is_refused_before_it_is_written(tmp_path):
    head = bytearray(member("holes.png", 0, tarfile.GNUTYPE_SPARSE).tobuf(tarfile.GNU_FORMAT))
    head[386:410] = f"{10**9:011o}\0{0:011o}\0".encode()
    head[483:495] = f"{10**9:011o}\0".encode()
    head[148:156] = b" " * 8
    head[148:156] = f"{sum(head):06o}\0 ".encode()
    archive = tmp_path / "a.tar.gz"
    archive.write_bytes(gzip.compress(bytes(head) + bytes(1024)))
    with pytest.raises(DataError, match=r"holes\.png is no plain file"):
        unpack(archive, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_chain_of_long_names_is_a_damage(tmp_path):
    links = [(member("././@LongLink", 5, tarfile.GNUTYPE_LONGNAME), b"long\0")] * 3000
    archive = packed(tmp_path / "a.tar.gz", *links)
    with pytest.raises(DataError, match=r"a\.tar\.gz is damaged"):
        unpack(archive, tmp_path / "out")
