"""What a result in a bucket says of itself, and what is believed of it."""

from __future__ import annotations

import pytest

from srcli.batch.fingerprint import FileState
from srcli.batch.ledger import Made
from srcli.batch.object_notes import either, noted_result, notes_of, record_folder
from srcli.batch.outcome import Upscaled
from srcli.files.content import Content
from srcli.files.objects.address import ObjectPath
from srcli.files.objects.client import put_object

SETTINGS = "a" * 64


@pytest.fixture
def output(bucket) -> ObjectPath:
    return ObjectPath(f"s3://{bucket.name}/out/a.png")


@pytest.fixture
def notes(output, tmp_path) -> dict[str, str]:
    outcome = Upscaled(
        source=tmp_path / "a.png", output=output, source_size=(1, 1), size=(2, 2), seconds=1
    )
    source = FileState(size=5, mtime_ns=7, sha256="b" * 64)
    return dict(notes_of(Made(source=source, sha256="c" * 64, size=9, outcome=outcome), SETTINGS))


def test_what_is_noted_comes_back(output, notes):
    put_object(output, Content(b"result"), notes, overwrite=False)
    entry = noted_result(output)
    assert entry is not None
    assert (entry.state, entry.fingerprint) == ("done", SETTINGS)
    assert entry.source == FileState(size=5, mtime_ns=7, sha256="b" * 64)
    assert entry.describes(output)
    put_object(output, Content(b"other"), {}, overwrite=True)
    assert not entry.describes(output)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("settings", "short"),
        ("settings", ""),
        ("source", "5-7"),
        ("source", f"-5-7-{'b' * 64}"),
        ("source", f"{'9' * 19}-7-{'b' * 64}"),
        ("source", f"5-7-{'b' * 64} and more"),
    ],
)
def test_notes_that_none_of_ours_would_write_say_nothing(output, notes, name, value):
    put_object(output, Content(b"result"), {**notes, name: value}, overwrite=False)
    assert noted_result(output) is None


def test_what_is_missing_or_a_file_says_nothing(output, tmp_path):
    (tmp_path / "a.png").write_bytes(b"result")
    assert noted_result(output) is None
    assert noted_result(tmp_path / "a.png") is None


def test_the_first_record_that_knows_a_result_is_asked(output, notes):
    put_object(output, Content(b"result"), notes, overwrite=False)
    known = noted_result(output)
    asked = []

    def nothing(place):
        asked.append(place)

    assert either(nothing, noted_result, nothing)(output) == known
    assert either(nothing, nothing)(output) is None
    assert asked == [output] * 3


def test_a_bucket_has_its_record_on_this_machine_and_each_folder_its_own(output, tmp_path):
    folders = {record_folder(place) for place in (output.parent, output, output.parent.parent)}
    assert len(folders) == 3
    assert record_folder(output.parent) in folders
    assert record_folder(tmp_path) == tmp_path
