"""A standard stream that is closed, full or unread."""

import os
import sys

import pytest

from srcli.cli.outlet import Outlet, outlets
from srcli.errors import DiskFull, UnwritableOutput


@pytest.fixture
def unread():
    """A pipe that nobody reads."""
    reader, writer = os.pipe()
    os.close(reader)
    with open(writer, "w", encoding="utf-8") as stream:  # noqa: PTH123 - a descriptor, no path
        yield stream


@pytest.fixture
def full():
    """A file on a disk that is full."""
    stream = open("/dev/full", "w", encoding="utf-8")  # noqa: PTH123, SIM115 - closed below
    yield stream
    stream.close()


@pytest.mark.parametrize("needed", [True, False])
def test_what_nobody_reads_is_dropped(unread, needed):
    outlet = Outlet(unread, needed=needed)
    for _ in range(3):
        outlet.write("a line\n")
        outlet.flush()
    outlet.write_bytes(b"a picture")


def test_a_full_disk_is_said_of_what_is_needed(full):
    outlet = Outlet(full, needed=True)
    outlet.write("a line\n")
    with pytest.raises(DiskFull, match="The output cannot be written: the disk is full"):
        outlet.flush()
    outlet.write("a line\n")
    outlet.flush()


def test_a_full_disk_takes_talk_in_vain(full):
    outlet = Outlet(full, needed=False)
    outlet.write("a line\n")
    outlet.flush()


def test_any_other_failure_is_a_sentence(tmp_path):
    path = tmp_path / "file"
    path.write_text("")
    with (
        path.open(encoding="utf-8") as reading,
        open(reading.fileno(), "w", encoding="utf-8", closefd=False) as stream,
    ):
        outlet = Outlet(stream, needed=True)
        outlet.write("a line\n")
        with pytest.raises(UnwritableOutput, match="The output cannot be written: "):
            outlet.flush()


def test_a_stream_that_is_missing_is_made_and_all_are_put_back(monkeypatch):
    monkeypatch.setattr(sys, "stderr", None)
    monkeypatch.setattr(sys, "stdin", None)
    before = sys.stdout
    with outlets():
        sys.stderr.write("talk\n")
        assert sys.stdin.read() == ""
        assert isinstance(sys.stdout, Outlet)
    assert sys.stdout is before
