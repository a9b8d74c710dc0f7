"""Files and objects are looked at, read and written alike."""

from __future__ import annotations

import pytest

from srcli.batch.locations import (
    is_there,
    read_source,
    refuse_taken,
    state_of_result,
    write_result,
)
from srcli.errors import AlreadyExists, MissingImage, UnwritableImage
from srcli.files.content import Content
from srcli.files.objects.address import Location, ObjectPath

PICTURE = b"\x89PNG\r\n\x1a\n and more"


@pytest.fixture(params=["file", "object"])
def place(request, tmp_path, bucket) -> Location:
    return tmp_path if request.param == "file" else ObjectPath(f"s3://{bucket.name}/place")


def test_what_is_written_is_there_whole_and_is_read_back(place):
    location = place / "a.png"
    assert not is_there(location)
    refuse_taken(location)
    write_result(location, Content(PICTURE), overwrite=False, notes={"settings": "x"})
    assert is_there(location)
    content, state = read_source(location)
    assert (content, state.size) == (PICTURE, len(PICTURE))
    assert state.still_holds(location)


def test_what_is_there_is_replaced_only_on_request(place):
    location = place / "a.png"
    write_result(location, Content(PICTURE), overwrite=False, notes={})
    _, before = read_source(location)
    with pytest.raises(AlreadyExists):
        write_result(location, Content(PICTURE + b"2"), overwrite=False, notes={})
    with pytest.raises(AlreadyExists, match="exists already"):
        refuse_taken(location)
    assert before.still_holds(location)
    write_result(location, Content(PICTURE + b"2"), overwrite=True, notes={})
    assert not before.still_holds(location)
    assert read_source(location)[0] == PICTURE + b"2"


def test_what_is_missing_is_said(place):
    with pytest.raises(MissingImage, match=r"none\.png"):
        read_source(place / "none.png")
    with pytest.raises(UnwritableImage):
        state_of_result(place / "none.png")


def test_the_state_of_a_result_is_what_tells_it_from_a_later_one(place):
    location = place / "a.png"
    write_result(location, Content(PICTURE), overwrite=False, notes={})
    first = state_of_result(location)
    assert first == state_of_result(location)
    write_result(location, Content(PICTURE + b"2"), overwrite=True, notes={})
    assert state_of_result(location) != first


def test_a_dangling_link_takes_a_name(tmp_path):
    (tmp_path / "a.png").symlink_to("nowhere")
    assert is_there(tmp_path / "a.png")
